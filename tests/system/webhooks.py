"""What tests of alerts share: a receiver of webhooks, and a configuration that tells it."""
import http.server
import json
import threading

from daemon import free_port

SECRET = "whsec_dml0YWxzLXRlc3Qta2V5LTAxMjM0NTY3ODlhYmNkZWY="
PATH = "/hook-of-a-secret"


class Receiver:
    """Takes webhooks; `codes` are the answers to come. The last one repeats."""

    def __init__(self):
        self.codes = [200]
        self.got = []      # (key, kind, data) of each complete request
        self.asked = []    # paths of GET
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                data = json.loads(body)
                outer.got.append((self.headers["webhook-id"], data["data"]["kind"], data["data"]))
                code = outer.codes.pop(0) if len(outer.codes) > 1 else outer.codes[0]
                if code == 0:      # the answer is lost
                    self.close_connection = True
                    return
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                outer.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path=PATH):
        return f"http://127.0.0.1:{self.port}{path}"

    def told(self):
        """(kind, first cause) of each message, without copies."""
        seen = {}
        for key, kind, data in self.got:
            seen.setdefault(key, (kind, data["cause"][0]))
        return list(seen.values())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def telling(receiver, components=("db",), wait="0s", hold="1s", flapping=None, **more):
    return {"components": {name: {"check": "push", "ttl": "1h"} for name in components},
            "alerts": {"wait": wait, "hold": hold, "flapping": flapping or {"quiet": "5m"},
                       "receivers": {"hook": {"webhook": {"url": receiver.url(), "secret": SECRET}}},
                       **more}}


def push(daemon, name, status, detail=""):
    path = "/v1/components/" + name.replace("/", "%2F")
    answer = daemon.control("PUT", path, {"status": status, "detail": detail})
    assert answer.status == 204, answer.text
