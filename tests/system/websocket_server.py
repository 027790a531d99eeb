"""websocket_server.py PORT [echo|mute|auth|tls CERTIFICATE KEY]; nothing exists at /missing, and
/full has no connection left."""
import asyncio
import http
import ssl
import sys

import websockets

REFUSED = {"/missing": http.HTTPStatus.NOT_FOUND, "/full": http.HTTPStatus.SERVICE_UNAVAILABLE}

mode = sys.argv[2] if len(sys.argv) > 2 else "echo"


async def talk(connection):
    if mode == "mute":  # the library answers pings all the same
        await asyncio.sleep(3600)
    async for message in connection:
        await connection.send(message)


async def admit(path, headers):
    if mode == "auth" and headers.get("Authorization") != "Bearer t":
        return http.HTTPStatus.UNAUTHORIZED, [], b"no\n"
    if path in REFUSED:
        return REFUSED[path], [], b"no\n"
    return None


async def main():
    context = None
    if mode == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    async with websockets.serve(talk, "127.0.0.1", int(sys.argv[1]), process_request=admit,
                                ssl=context, ping_interval=None, subprotocols=["chat"]):
        await asyncio.Future()


asyncio.run(main())
