"""stand_in.py PORT NAME [STATE...]: a stand-in of backends.py or apis.py as a separate process,
which can be stopped. A STATE, such as `standby`, is a state of Vault that is true."""
import sys

port, name, states = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
if name == "aws":
    import botocore.auth  # noqa: F401  (takes a while: not while somebody waits for an answer)

import apis  # noqa: E402
import backends  # noqa: E402

made = {"vault": backends.Vault, "aws": backends.Aws, "elasticsearch": apis.Elasticsearch,
        "engine": apis.Engine}[name](port)
for state in states:
    made.state[state] = True
made.thread.join()
