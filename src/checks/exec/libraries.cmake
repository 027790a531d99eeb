set(backends program)
