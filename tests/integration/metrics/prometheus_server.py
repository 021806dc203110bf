"""A Prometheus server for the tests, on loopback, with data of its own."""

import contextlib
import http.client
import http.server
import json
import pathlib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from scraped_shop import argument

CONFIGURATION = """\
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
"""
JOB = """\
  - job_name: {name}
    metrics_path: {path}
    static_configs: [{{targets: ["{address}"]}}]
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class PrometheusServer:
    """`jobs` are names with paths on `address`."""

    def __init__(self, folder, address, jobs, features):
        folder = pathlib.Path(folder)
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(CONFIGURATION.format() + "".join(
            JOB.format(name=name, path=path, address=address) for name, path in jobs.items()))
        self.log = (folder / "log").open("w+")
        for _ in range(5):  # another program may take the port between the choice and its use
            self.address = f"127.0.0.1:{free_port()}"
            self.process = subprocess.Popen(
                [argument(2, "prometheus"), f"--config.file={config}",
                 f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={self.address}",
                 f"--enable-feature={features}"], stdout=self.log, stderr=subprocess.STDOUT)
            if self.is_ready():
                return
            self.stop()
        raise AssertionError(self.said())

    def said(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def is_ready(self):
        limit = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        return False

    def ask(self, path, **parameters):
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]

    def values(self, query):
        """Returns the values of an instant query, by job."""
        return {series["metric"].get("job"): float(series["value"][1])
                for series in self.ask("query", query=query)["result"]}

    def wait_for(self, query, expected):
        """Returns once `query` gives `expected` by job, which it must within 30 seconds."""
        limit = time.monotonic() + 30
        while (found := self.values(query)) != expected:
            targets = self.ask("targets")["activeTargets"]
            errors = [target["lastError"] for target in targets if target["lastError"]]
            assert not errors, errors
            assert time.monotonic() < limit, f"{query}: {found} instead of {expected}"
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def prometheus_server(*arguments):
    server = PrometheusServer(*arguments)
    try:
        yield server
    except BaseException:
        print(server.said())
        raise
    finally:
        server.stop()
        server.log.close()


@contextlib.contextmanager
def relay(shop):
    """Passes scrapes on to `shop`: those of /plain without their Accept header, which Prometheus
    2.42 has no setting for, and the others as they are. Gives its address and what types it saw."""
    upstream = urllib.parse.urlsplit(shop.urls["metrics"])
    types = {}

    class Relay(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            headers = {name: self.headers[name] for name in ("Accept", "Accept-Encoding")}
            if self.path == "/plain":
                del headers["Accept"]
            connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=10)
            connection.request("GET", "/metrics", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            types.setdefault(self.path, set()).add(
                (answer.getheader("Content-Type"), answer.getheader("Content-Encoding")))
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Encoding", "Content-Length"):
                if answer.getheader(name):
                    self.send_header(name, answer.getheader(name))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", types
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
