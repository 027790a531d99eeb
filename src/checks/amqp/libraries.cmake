set(backends amqp)
