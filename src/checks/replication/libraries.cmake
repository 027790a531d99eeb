set(backends postgres)
