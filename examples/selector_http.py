"""A selector behind HTTP: the most accurate model that the profiles promise within 50 ms, or else the fastest.
Messages are POSTed, and answered in the response: `testbed schema selector` describes them."""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

options = {}  # by selector: several may ask at once


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # which keeps the connection open
    wbufsize = -1  # and sends a response in one piece

    def do_POST(self):
        m = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"id": m["id"]}
        if m["type"] == "trial":
            options[m["selector"]] = m["options"]
        elif m["type"] == "select":
            soon = [o for o in options[m["selector"]] if o["infer_ns"] <= 50e6]
            best = max(soon, key=lambda o: o["accuracy"], default=min(options[m["selector"]], key=lambda o: o["infer_ns"]))
            answer["choice"] = best["label"]
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
