set(backends kafka)
