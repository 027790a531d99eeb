set(backends mysql)
