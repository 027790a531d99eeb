"""The application whose workers the tests start."""
import json
import os
import time

from celery import Celery

app = Celery("celery_app", broker=os.environ["BROKER"])
app.conf.update(broker_connection_timeout=3, worker_hijack_root_logger=False,
                worker_enable_remote_control=bool(os.environ.get("REMOTE_CONTROL", "yes")))

app.conf.update(json.loads(os.environ.get("SETTINGS", "{}")))
if "TRANSPORT" in os.environ:
    app.conf.broker_transport_options = json.loads(os.environ["TRANSPORT"])


@app.task(name="nap")
def nap(seconds):
    time.sleep(seconds)
