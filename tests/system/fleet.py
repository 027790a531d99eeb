"""Simulated workers that only send events: any number of them, on either broker. One thread
publishes the events as Celery does, and connects again when the broker comes back."""
import base64
import contextlib
import json
import threading
import time
import urllib.parse

import amqp
import redis


class ByAmqp:
    def __init__(self, url):
        parts = urllib.parse.urlparse(url)
        self.connection = amqp.Connection(f"{parts.hostname}:{parts.port}", parts.username,
                                          parts.password, connect_timeout=2, read_timeout=2,
                                          write_timeout=2)
        self.connection.connect()
        self.channel = self.connection.channel()
        # As kombu does: https://docs.celeryq.dev/en/stable/userguide/monitoring.html
        self.channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)

    def publish(self, kind, body):
        self.channel.basic_publish(
            amqp.Message(body, content_type="application/json", content_encoding="utf-8",
                         delivery_mode=1), "celeryev", f"worker.{kind}")

    def close(self):
        self.connection.close()


class ByRedis:
    def __init__(self, url):
        self.redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def publish(self, kind, body):
        self.redis.publish(f"/0.celeryev/worker.{kind}", json.dumps({
            "body": base64.b64encode(body.encode()).decode(), "content-encoding": "utf-8",
            "content-type": "application/json", "headers": {},
            "properties": {"delivery_mode": 1, "body_encoding": "base64", "priority": 0,
                           "delivery_info": {"exchange": "celeryev",
                                             "routing_key": f"worker.{kind}"},
                           "delivery_tag": "0"}}))

    def close(self):
        self.redis.close()


def event(kind, name, timestamp, process=1):
    return {"hostname": name, "utcoffset": 0, "pid": process, "clock": 1, "freq": 2.0,
            "active": 0, "processed": 0, "loadavg": [0.1, 0.1, 0.1], "sw_ident": "py-celery",
            "sw_ver": "5.2.6", "sw_sys": "Linux", "timestamp": timestamp,
            "type": f"worker-{kind}"}


class Fleet(threading.Thread):
    """Sends a beat for every name each `pause`, until it is closed."""

    def __init__(self, url, names, pause=0.3):
        super().__init__(daemon=True)
        self.url, self.names, self.pause = url, list(names), pause
        self.over = threading.Event()
        self.rounds = 0
        self.start()

    def connect(self):
        return (ByRedis if self.url.startswith("redis") else ByAmqp)(self.url)

    def run(self):
        publisher = None
        while not self.over.wait(self.pause):
            try:
                publisher = publisher or self.connect()
                for name in self.names:
                    publisher.publish("heartbeat", json.dumps(event("heartbeat", name, time.time())))
                self.rounds += 1
            except (OSError, amqp.AMQPError, redis.RedisError):
                with contextlib.suppress(Exception):
                    publisher.close()
                publisher = None

    def say(self, kind, body):
        """One message with any body, beside the others."""
        with contextlib.closing(self.connect()) as publisher:
            publisher.publish(kind, body if isinstance(body, str) else json.dumps(body))

    def close(self):
        self.over.set()
        self.join()
