set(backends aws)
set(libraries boost)
