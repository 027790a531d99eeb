set(backends vault)
set(libraries boost)
