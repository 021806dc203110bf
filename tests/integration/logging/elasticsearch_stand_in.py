"""What a log shipper sees of Elasticsearch: its bulk API, on loopback, as good or bad as a test wants.
"""

import http.server
import json
import threading


class ElasticsearchStandIn:
    """`documents` are those that it has taken, in order, each with its index as `_index`.

    `failures` is how many requests more are answered with 503. Thread-safety: Thread-safe.
    """

    def __init__(self):
        self.documents = []
        self.requests = 0
        self.failures = 0
        self.malformed = []
        self._changed = threading.Condition()
        self._server = None
        self._thread = None
        self.port = 0
        self.start()

    def start(self):
        """Takes the port that it had before."""
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.answer(200, {})

            def do_GET(self):
                self.answer(200, {"version": {"number": "7.17.0"}, "status": "green"})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(*stand_in.take(self.path, body))

            do_PUT = do_POST

            def answer(self, status, reply):
                text = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A shipper that was killed."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self):
        """Connections are refused from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, path, body):
        """Returns status and answer of a bulk request."""
        with self._changed:
            self.requests += 1
            self._changed.notify_all()
            if self.failures > 0:
                self.failures -= 1
                return 503, {"error": {"type": "cluster_block_exception",
                                       "reason": "no master"}, "status": 503}
            lines = body.decode().split("\n")
            if not path.startswith("/_bulk") or lines.pop() != "" or len(lines) % 2:
                self.malformed.append(body)
                return 400, {"error": {"type": "illegal_argument_exception"}, "status": 400}
            items = []
            for action, document in zip(lines[::2], lines[1::2]):
                try:
                    (kind, meta), = json.loads(action).items()
                    self.documents.append({"_index": meta["_index"], **json.loads(document)})
                    items.append({kind: {"_index": meta["_index"], "_id": str(len(self.documents)),
                                         "result": "created", "status": 201}})
                except ValueError:
                    self.malformed.append(document)
                    items.append({"index": {"status": 400, "error": {
                        "type": "mapper_parsing_exception"}}})
            self._changed.notify_all()
            return 200, {"took": 1, "errors": False, "items": items}

    def wait(self, condition, limit=60):
        """Returns once `condition()` holds."""
        with self._changed:
            assert self._changed.wait_for(condition, limit), (
                f"waited {limit} s: {len(self.documents)} documents, {self.requests} requests")
