set(backends mqtt)
