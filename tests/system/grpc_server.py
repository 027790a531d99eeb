"""grpc_server.py PORT [tls CERTIFICATE KEY]: a health service that knows itself (serving), `down`
(not serving), `slow` (answers after five seconds) and `leaving` (the server begins an orderly end
before it answers). A question for `private` needs authentication, and `full` takes no more
questions. Its messages are encoded by hand: one field each."""
import concurrent.futures
import sys
import time

import grpc

STATUS = {b"": 1, b"slow": 1, b"leaving": 1, b"down": 2}
REFUSED = {b"private": grpc.StatusCode.UNAUTHENTICATED, b"full": grpc.StatusCode.RESOURCE_EXHAUSTED}


def check(request, context):
    service = request[2:]
    if service in REFUSED:
        context.abort(REFUSED[service], "no")
    if service not in STATUS:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    if service == b"slow":
        time.sleep(5)
    if service == b"leaving":
        server.stop(grace=5)
        time.sleep(0.3)
    return bytes([8, STATUS[service]])


handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers(
    (grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),))
address = f"127.0.0.1:{sys.argv[1]}"
if len(sys.argv) > 2:
    certificate, key = (open(name, "rb").read() for name in sys.argv[3:5])
    server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
else:
    server.add_insecure_port(address)
server.start()
server.wait_for_termination()
