set(backends mongodb)
