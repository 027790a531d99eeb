"""stand_in.py PORT vault|aws [STATE...]: a stand-in of backends.py as a process of its own, which can
be stopped; a STATE, such as `standby`, is one of Vault's that is true."""
import sys

import botocore.auth  # noqa: F401  (takes a while: not while somebody waits for an answer)

import backends

port, name, states = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
made = {"vault": backends.Vault, "aws": backends.Aws}[name](port)
for state in states:
    made.state[state] = True
made.thread.join()
