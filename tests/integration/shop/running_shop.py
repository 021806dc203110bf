"""A shop that serves, for the tests."""

import contextlib
import http.client
import json
import re
import signal
import subprocess
import urllib.parse

from shop_program import program


class RunningShop:
    def __init__(self, store, *arguments, command="serve", prepare=None,
                 metrics_listen="127.0.0.1:0"):
        """`prepare` runs in the process of the shop before the shop does."""
        self.process = subprocess.Popen(
            [program(), command, "--store", store, "--listen", "127.0.0.1:0",
             "--metrics-listen", metrics_listen, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)
        self.urls = dict(self.process.stdout.readline().split() for _ in range(3))
        assert set(self.urls) == {"shop", "metrics", "health"}, self.urls

    def address(self, url="shop"):
        parts = urllib.parse.urlsplit(self.urls[url])
        return parts.hostname, parts.port

    def call(self, method, path, body=None, headers=None, url="shop"):
        """Returns (status, headers, decoded JSON or text)."""
        connection = http.client.HTTPConnection(*self.address(url), timeout=30)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, answer.headers, json.loads(text) if is_json else text

    def metric(self, name):
        """Returns the value of the series that is written as `name`, 0 if there is none."""
        _, _, page = self.call("GET", "/metrics", url="metrics")
        found = re.search("^" + re.escape(name) + r" (\S+)$", page, re.MULTILINE)
        return float(found[1]) if found else 0

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, f"exit code {self.process.returncode}\n{out}\n{err}"
        return out


@contextlib.contextmanager
def running_shop(store, *arguments, **options):
    shop = RunningShop(store, *arguments, **options)
    try:
        yield shop
        shop.stop()
    finally:
        if shop.process.poll() is None:
            shop.process.kill()
            shop.process.communicate()
