"""Probes of a running shop: what they are told when all is well, while it starts, when its store
can't be written to, and when its disk is nearly full.

usage: health_test.py PATH-OF-eventcore-shop
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import time

from running_shop import running_shop
from shop_program import report, wait_until, workspace

CHECKS = {"log:records", "otlp:spans", "shop:started", "shop:read_models", "store:reads", "store:appends", "store:schema",
          "disk:free", "http:loop"}
ORDER = {"lines": [{"product": "22423", "quantity": 1, "price": "1.25"}]}
NO_LIMIT = resource.RLIM_INFINITY


def probe(shop, question):
    """Returns (status, document) of `/health` or one of its questions."""
    status, headers, document = shop.call("GET", "/health" + question, url="health_root")
    assert headers["Content-Type"] == "application/health+json", headers
    assert headers["Cache-Control"] == "no-store", headers
    assert status == (503 if document["status"] == "fail" else 200), (status, document)
    return status, document


def state(shop, check):
    return probe(shop, "")[1]["checks"][check][0]["status"]


def gauge(shop, check):
    return shop.metric(f'eventcore_health_status{{check="{check}"}}')


def with_root(shop):
    shop.urls["health_root"] = shop.urls["metrics"].removesuffix("/metrics")
    return shop


def all_is_well(shop):
    status, document = probe(shop, "")
    assert status == 200 and document["status"] == "pass", document
    assert document["description"] and set(document["checks"]) == CHECKS, document
    for check in document["checks"].values():
        assert len(check) == 1 and check[0]["status"] == "pass", check
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", check[0]["time"]), check
        assert "output" not in check[0], check
    disk = document["checks"]["disk:free"][0]
    assert disk["observedValue"] > 0 and disk["observedUnit"] == "bytes", disk
    assert document["checks"]["store:reads"][0]["componentId"] == "sqlite", document
    assert set(probe(shop, "/live")[1]["checks"]) == {"http:loop"}
    assert set(probe(shop, "/ready")[1]["checks"]) == CHECKS - {"http:loop"}
    assert set(probe(shop, "/startup")[1]["checks"]) == {"shop:started"}
    for check in CHECKS:
        assert gauge(shop, check) == 2, check


def requests_are_counted(shop):
    def count(handler, code):
        return shop.metric(
            f'eventcore_http_requests_total{{handler="{handler}",code="{code}"}}')

    before = count("/health/live", 200), count("unmatched", 404), count("/metrics", 200)
    for number in range(5):
        probe(shop, "/live")
        assert shop.call("GET", f"/secret-{number}", url="health_root")[0] == 404
    wait_until(lambda: count("unmatched", 404) == before[1] + 5)
    assert count("/health/live", 200) == before[0] + 5
    assert count("/metrics", 200) > before[2]
    page = shop.call("GET", "/metrics", url="metrics")[2]
    assert "secret" not in page
    assert 'shop_http_connections{server="metrics"} 1\n' in page
    assert 'shop_http_connections_accepted_total{server="api"} ' in page


def probing_is_no_work(shop):
    """Checks go on in the background and leave no trace among the commands and operations."""
    def figures():
        page = shop.call("GET", "/metrics", url="metrics")[2]
        return [line for line in page.splitlines() if line.startswith(
            ("eventcore_event_store_operations_total", "eventcore_commands_total",
             "eventcore_store_head_position", "eventcore_commit_seconds_count"))]

    def time_of_check():
        return probe(shop, "")[1]["checks"]["store:appends"][0]["time"]

    before, first = figures(), time_of_check()
    for _ in range(200):
        assert probe(shop, "/ready")[0] == 200
    wait_until(lambda: time_of_check() > first)
    assert figures() == before


def a_store_that_cannot_be_written_to_fails_readiness_alone(shop):
    """A limit of the size of files does what a full disk does."""
    def place(key):
        return shop.call("POST", "/orders", ORDER, {"Idempotency-Key": key})[0]

    assert place("before") == 201
    resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE, (1, NO_LIMIT))
    wait_until(lambda: place("meanwhile") in (503, 504))
    wait_until(lambda: state(shop, "store:appends") == "fail")
    assert probe(shop, "/ready")[0] == 503
    assert probe(shop, "/live")[0] == 200 and probe(shop, "/startup")[0] == 200
    assert state(shop, "store:reads") == "pass", "what is stored can be read all the time"
    assert gauge(shop, "store:appends") == 0 and gauge(shop, "store:reads") == 2
    resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))
    wait_until(lambda: probe(shop, "/ready")[0] == 200)
    wait_until(lambda: place("meanwhile") == 201)
    assert gauge(shop, "store:appends") == 2
    assert place("after") == 201
    return 3


def a_schema_of_another_program_fails_readiness(shop, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        known = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA user_version = 99")
    wait_until(lambda: state(shop, "store:schema") == "fail")
    schema = probe(shop, "/ready")[1]["checks"]["store:schema"][0]
    assert schema["observedValue"] == 99 and str(known) in schema["output"], schema
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {known}")
    wait_until(lambda: probe(shop, "/ready")[0] == 200)


def a_disk_that_is_nearly_full_warns_and_fails(url):
    for option, expected in (("--disk-warn", "warn"), ("--disk-fail", "fail")):
        with running_shop(url, option, str(10**18)) as shop:
            with_root(shop)
            status, document = probe(shop, "/ready")
            assert document["status"] == expected, document
            assert state(shop, "disk:free") == expected and state(shop, "store:reads") == "pass"
            assert str(10**18) in document["checks"]["disk:free"][0]["output"], document
            assert gauge(shop, "disk:free") == (1 if expected == "warn" else 0)
            assert probe(shop, "/live")[0] == 200
            assert shop.call("POST", "/orders", ORDER)[0] == 201, "it is a warning, not a lock"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, path):
    """Returns (status, document), or nothing while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except ConnectionError:
        return None
    finally:
        connection.close()


def a_shop_that_starts_is_alive_and_not_ready(folder):
    """Somebody else has the new file while the shop wants to make a store of it."""
    path = os.path.join(folder, "new.db")
    port = free_port()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def run():
        with running_shop(f"sqlite:{path}", metrics_listen=f"127.0.0.1:{port}") as shop:
            with_root(shop)
            all_is_well(shop)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        wait_until(lambda: running.done() or ask(port, "/health/startup") is not None)
        assert not running.done(), running.exception()
        status, document = ask(port, "/health/startup")
        assert status == 503, document
        assert "opened" in document["checks"]["shop:started"][0]["output"], document
        assert ask(port, "/health/ready")[0] == 503
        assert ask(port, "/health/live")[0] == 200
        other.execute("COMMIT")
        other.close()
        running.result()


def ignore_file_size_signal():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


if __name__ == "__main__":
    began = time.monotonic()
    with workspace() as folder:
        file = os.path.join(folder, "shop.db")
        store = f"sqlite:{file}"
        with running_shop(store, prepare=ignore_file_size_signal) as running:
            with_root(running)
            all_is_well(running)
            requests_are_counted(running)
            probing_is_no_work(running)
            orders = a_store_that_cannot_be_written_to_fails_readiness_alone(running)
            a_schema_of_another_program_fails_readiness(running, file)
            all_is_well(running)
        assert report(store)["orders"] == orders
        a_disk_that_is_nearly_full_warns_and_fails(store)
        a_shop_that_starts_is_alive_and_not_ready(folder)
    print(f"{time.monotonic() - began:.1f} s")
