"""A shop whose metrics are known, for the tests."""

import contextlib
import gzip
import http.client
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "shop"))

# pylint: disable=wrong-import-position
from running_shop import running_shop  # noqa: E402
from shop_program import wait_until, workspace  # noqa: E402

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
# Order values in dollars; the median is 30.
VALUES = (4, 7, 12, 30, 45, 90, 700)
ROUNDS = 5


def argument(index, what):
    if len(sys.argv) <= index:
        sys.exit(f"usage: {sys.argv[0]} PATH-OF-eventcore-shop PATH-OF-prometheus PATH-OF-promtool")
    assert pathlib.Path(sys.argv[index]).is_file(), what
    return sys.argv[index]


def trace_id(number):
    return f"{0xabc0000000000000000000000000 + number:032x}"


def drive(shop):
    """Places orders and is refused, and returns what the counters then have to say."""
    placed = 0
    for _ in range(ROUNDS):
        for value in VALUES:
            placed += 1
            order = {"order": f"scraped-{placed}",
                     "lines": [{"product": "S1", "quantity": 1, "price": str(value)}]}
            trace = {"traceparent": f"00-{trace_id(placed)}-{placed:016x}-01"}
            assert shop.call("POST", "/orders", order, trace)[0] == 201
    for number in (1, 2, 3):
        order = {"order": f"scraped-{number}",
                 "lines": [{"product": "S1", "quantity": 1, "price": "1"}]}
        assert shop.call("POST", "/orders", order)[0] == 409
    requests = 'eventcore_api_requests_total{method="POST",endpoint="/orders",status="%d"}'
    # The server counts a request after its answer.
    wait_until(lambda: shop.metric(requests % 201) + shop.metric(requests % 409) >= placed + 3)
    return {
        'eventcore_commands_total{command_type="place_order"}': placed + 3,
        'eventcore_command_outcomes_total{command_type="place_order",outcome="committed"}': placed,
        'eventcore_command_outcomes_total{command_type="place_order",outcome="rejected"}': 3,
        requests % 201: placed,
        requests % 409: 3,
    }


def scrape(shop, accept=None, encoding=None, query="", method="GET"):
    """Returns (headers, body as bytes, not compressed)."""
    parts = urllib.parse.urlsplit(shop.urls["metrics"])
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    headers = {"Accept": accept, "Accept-Encoding": encoding or "identity"}
    connection.request(method, "/metrics" + query,
                       headers={name: value for name, value in headers.items() if value})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, answer.status
    if answer.getheader("Content-Encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return answer.headers, body


@contextlib.contextmanager
def driven_shop():
    """Gives a running shop after `drive`, what that returned, and a folder."""
    with workspace() as folder, running_shop(f"sqlite:{folder}/shop.db") as shop:
        yield shop, drive(shop), folder
