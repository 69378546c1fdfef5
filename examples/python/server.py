#!/usr/bin/env python3
"""A small web server, as a stage file's `app` can run it: it serves HTTP on $PORT."""
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INSTANCE = os.environ.get("INSTANCE", "?")
ZONE = os.environ.get("ZONE", "?")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as browsers like it
    wbufsize = -1  # one packet for an answer: two make the kernel wait 40 ms between them

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, "ok\n")
        elif self.path == "/":
            self.answer(200, f"hello from {INSTANCE} in {ZONE}\n")
        else:
            self.answer(404, "no such page\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # a line for each request is too much at some hundreds a second


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"{INSTANCE} serves on port {port}", flush=True)
    Server((os.environ.get("HOST", ""), port), Handler).serve_forever()
