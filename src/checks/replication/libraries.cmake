set(backends postgres mysql)
