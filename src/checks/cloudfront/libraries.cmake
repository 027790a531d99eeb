set(backends aws)
