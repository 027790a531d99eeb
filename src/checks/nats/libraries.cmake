set(libraries boost)
set(backends nats)
