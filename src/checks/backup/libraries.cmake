set(backends program json_api)
set(libraries boost)
