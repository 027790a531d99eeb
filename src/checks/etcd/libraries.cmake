set(backends json_api)
set(libraries boost)
