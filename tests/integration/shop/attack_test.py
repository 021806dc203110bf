"""Hostile clients beside customers and a scraper: limits hold, every order counts once, scrapes go
on, memory is bounded, and nothing is left behind.

usage: attack_test.py PATH-OF-eventcore-shop
"""

import concurrent.futures
import http.client
import itertools
import os
import pathlib
import resource
import threading
import time

import attacks
from running_shop import running_shop
from shop_program import report, wait_until, workspace

DESCRIPTORS = 1_024  # what a process has by default
CONNECTIONS = DESCRIPTORS // 3
DESCRIPTORS_HERE = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
FLOOD = min(5_000, (DESCRIPTORS_HERE - 500) // 2)
BODIES = 250  # of 0.9 MB each: far more than a server holds
ORDER = {"lines": [{"product": "22423", "quantity": 1, "price": "1.25"}]}
HELD_KIB = 64 * 1_024  # bodies that one server holds at most
KEYS = itertools.count()


def limit_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))


def memory_kib(shop):
    status = pathlib.Path(f"/proc/{shop.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def descriptors(shop):
    return len(os.listdir(f"/proc/{shop.process.pid}/fd"))


def place(shop, key):
    """Repeats an order until it is answered, as a client with a key does."""
    limit = time.monotonic() + 30
    while True:
        try:
            status = shop.call("POST", "/orders", ORDER, {"Idempotency-Key": key})[0]
        except (OSError, http.client.HTTPException):
            status = 0
        if status == 201:
            return
        assert status in (0, 503) and time.monotonic() < limit, (key, status)


class Neighbours:
    """Customers, a scraper and a prober, who want to be served whatever happens."""

    def __init__(self, shop):
        self.shop = shop
        self.over = threading.Event()
        self.scrapes = []  # (seconds, is as it should be)
        self.memory_max = 0
        self.keys = []
        self.pool = concurrent.futures.ThreadPoolExecutor()
        self.work = [self.pool.submit(work) for work in (self.order, self.order, self.scrape,
                                                         self.watch)]

    def order(self):
        while not self.over.wait(0.01):
            key = f"order-{next(KEYS)}"
            place(self.shop, key)
            self.keys.append(key)

    def scrape(self):
        while not self.over.wait(0.05):
            for path in ("/metrics", "/health/live"):
                began = time.monotonic()
                try:
                    is_good = self.shop.call("GET", path, url="metrics")[0] == 200
                except (OSError, http.client.HTTPException) as error:
                    is_good = repr(error)
                self.scrapes.append((time.monotonic() - began, is_good))

    def watch(self):
        while not self.over.wait(0.02):
            self.memory_max = max(self.memory_max, memory_kib(self.shop))

    def end(self):
        self.over.set()
        for work in self.work:
            work.result()
        self.pool.shutdown()


def all_at_once(*calls):
    """Returns the results of `calls`, each a function and its arguments."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(*call) for call in calls]]


def a_flood_of_connections_pushes_out_itself(shop):
    dropped = all_at_once(*((attacks.say_nothing, shop.address(url), FLOOD, 3)
                            for url in ("shop", "metrics")))
    for closed in dropped:
        assert FLOOD - CONNECTIONS <= closed <= FLOOD, dropped


def slow_clients_are_cut_off(shop):
    api, metrics = shop.address(), shop.address("metrics")
    dribbled, dribbled_there, unread, bodies = all_at_once(
        (attacks.dribble, api, 50), (attacks.dribble, metrics, 50),
        (attacks.never_read, metrics, b"/metrics", 20), (attacks.withhold_bodies, api, BODIES))
    assert (dribbled, dribbled_there, unread, bodies) == (50, 50, 0, BODIES), (
        dribbled, dribbled_there, unread, bodies)


def endless_messages_end(shop):
    api = shop.address()
    post = b"POST /orders HTTP/1.1\r\nHost: x\r\n"
    chunked = post + b"Transfer-Encoding: chunked\r\n\r\n"
    for head, piece, status in (
            (b"GET / HTTP/1.1\r\nX: ", b"x" * 65_536, 431),
            (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 10_000, 431),
            (b"GET /", b"x" * 65_536, 431),
            (chunked, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 413),
            (chunked, b"1;" + b"y" * 100 + b"\r\nx\r\n", 413),
            (chunked + b"0\r\n", b"X: y\r\n" * 10_000, 413),
            (post + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65_536, 413),
            (b"\x16\x03\x01", b"\xff" * 65_536, 400)):
        got, sent = attacks.send_forever(api, head, piece)
        assert got in (status, 0) and sent < 32 * 1024 * 1024, (head, got, sent)


def what_is_not_http_is_refused(shop):
    api = shop.address()
    get = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    post = b"POST /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    hidden = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    for request, status in (
            (b"BREW /" + get, 501), (b"CONNECT x:1" + get, 501), (b"\0 /" + get, 400),
            (b"GET / HTTP/3.0\r\n\r\n", 400), (b"GET / JUNK\r\n\r\n", 400),
            (b"GET /orders/../reports/revenue" + get, 404), (b"GET /%2e%2e/%2e%2e" + get, 404),
            (b"GET //reports/revenue" + get, 404), (b"GET /orders/%00" + get, 400),
            (b"GET /orders/\0" + get, 400), (b"GET *" + get, 400), (b"OPTIONS *" + get, 400),
            (b"GET http://other/reports/revenue" + get, 200), (b"GET x" + get, 400),
            (b"GET /" + b"x" * 15_000 + get, 404), (b"GET /" + b"x" * 17_000 + get, 431),
            (post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
             400),
            (post + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + hidden, 400),
            (post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 501),
            (post + b"X: y\nContent-Length: 2\r\n\r\n{}" + hidden, 400),
            (post + b"Content-Length: 2\r\nExpect: magic\r\n\r\n{}" + hidden, 417),
            (b"GET /reports/revenue HTTP/1.0\r\n\r\n", 200),
            (b"GET /orders/a%0d%0aSet-Cookie:%20b" + get, 404)):
        assert attacks.ask(api, request) == status, (request[:200], status)
    half_closed = b"GET /reports/revenue HTTP/1.1\r\nHost: x\r\n\r\n"
    assert attacks.ask(api, half_closed, finish=True) == 200
    assert attacks.ask(api, half_closed[:-2], finish=True) == 0


def nothing_breaks_out_of_a_header(shop):
    status, headers, _ = shop.call("POST", "/orders", dict(ORDER, order="a b%0d%0aX-Evil: 1"))
    assert status == 201 and "X-Evil" not in headers, (status, headers.items())
    assert headers["Location"] == "/orders/a%20b%250d%250aX-Evil%3A%201", headers["Location"]
    status, headers, _ = shop.call("POST", "/orders", dict(ORDER, order="x\r\nX-Evil: 1"))
    assert status == 422 and "X-Evil" not in headers, (status, headers.items())
    return 1


def floods_of_requests_are_answered(shop):
    answers = all_at_once(*((attacks.flood_pipeline, shop.address(), 2_000) for _ in range(3)))
    assert answers == [2_000] * 3, answers


def orders_of_clients_that_vanish_count_once(shop):
    keys = [f"vanished-{number}" for number in range(20)]
    body = str(ORDER).replace("'", '"').encode()
    for key in keys:
        client = attacks.connect(shop.address())
        client.sendall(b"POST /orders HTTP/1.1\r\nHost: x\r\nIdempotency-Key: %s\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (key.encode(), len(body), body))
        attacks.reset(client)
    attacks.reset_in_the_middle(shop.address(), 200)
    attacks.reset_in_the_middle(shop.address("metrics"), 200)
    for key in keys:
        place(shop, key)
    return len(keys)


def check_all(shop):
    """Returns the number of orders that were placed."""
    shop.metric("eventcore_memory_usage_bytes")
    before = descriptors(shop)
    memory_before = memory_kib(shop)
    neighbours = Neighbours(shop)
    try:
        placed = 0
        for attack in (a_flood_of_connections_pushes_out_itself, what_is_not_http_is_refused,
                       endless_messages_end, floods_of_requests_are_answered,
                       orders_of_clients_that_vanish_count_once, nothing_breaks_out_of_a_header,
                       slow_clients_are_cut_off):
            began = time.monotonic()
            placed += attack(shop) or 0
            print(f"{attack.__name__}: {time.monotonic() - began:.1f} s")
    finally:
        neighbours.end()
    seconds = sorted(second for second, _ in neighbours.scrapes)
    bad = [scrape for scrape in neighbours.scrapes if scrape[1] is not True]
    print(f"{len(seconds)} scrapes, longest {seconds[-1]:.2f} s, {len(bad)} bad; "
          f"{len(neighbours.keys)} orders; "
          f"memory {memory_before} to {neighbours.memory_max} KiB")
    assert not bad and seconds[-1] < 10, bad
    assert len(neighbours.keys) > 10
    # Twice: orders, connections, and what the allocator keeps between bodies that came and went.
    assert neighbours.memory_max < memory_before + 2 * HELD_KIB, neighbours.memory_max
    wait_until(lambda: descriptors(shop) <= before)
    return placed + len(neighbours.keys)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS_HERE, DESCRIPTORS_HERE))
    with workspace() as folder:
        url = f"sqlite:{folder}/shop.db"
        with running_shop(url, prepare=limit_descriptors) as running:
            place(running, "first")
            orders = 1 + check_all(running)
            for server in ("api", "metrics"):
                dropped = running.metric(
                    f'shop_http_connections_dropped_total{{server="{server}"}}')
                assert dropped >= FLOOD - CONNECTIONS, (server, dropped)
        sold = report(url)
        assert (sold["orders"], sold["units_sold"]) == (orders, orders), (sold, orders)
