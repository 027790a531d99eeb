set(backends amqp celery redis)
