set(backends redis)
