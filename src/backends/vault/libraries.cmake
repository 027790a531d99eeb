set(libraries boost)
