"""The console of a running shop, and who is kept away from it.

usage: console_test.py PATH-OF-eventcore-shop [FILE PATH-OF-eventcore]
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import attacks
from running_shop import RunningShop, running_shop
from shop_program import run, wait_until, workspace

READER = "5f0c1f6f3a0b4a57b8d1e2c49a7760d3"
OPERATOR = "c1e8a2d94b7f4c1e9d3a5b60f7281e4d"
ORDER = {"lines": [{"product": "22423", "quantity": 1, "price": "1.25"}]}
JSON = {"Content-Type": "application/json"}
VIEWERS = 20


def bearer(token):
    return {"Authorization": "Bearer " + token}


def ask(shop, path, headers=None, method="GET", body=None):
    return shop.call(method, path, body, headers, url="metrics")[:3:2]


def place_orders(shop, count):
    shop.call("POST", "/stock", {"product": "22423", "quantity": 10 * count})
    for _ in range(count):
        assert shop.call("POST", "/orders", ORDER)[0] == 201


def projection(shop):
    """Waits for what the store says, and returns the first projection."""
    wait_until(lambda: ask(shop, "/api/projections")[1]["list"])
    return ask(shop, "/api/projections")[1]["list"][0]


def follow(shop):
    """Returns a socket behind the header of the live stream."""
    client = attacks.connect(shop.address("metrics"))
    client.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


def read_events(client, count):
    """Returns `count` texts of the live stream."""
    text = b""
    while text.count(b"\n\n") < count:  # the header ends with \r\n\r\n
        piece = client.recv(65_536)
        assert piece, text[-200:]
        text += piece
    body = text.partition(b"\r\n\r\n")[2] if text.startswith(b"HTTP") else text
    return [part.partition(b"data: ")[2] for part in body.split(b"\n\n")[:count]]


def shows_what_the_shop_does(store):
    with running_shop(store) as shop:
        place_orders(shop, 30)
        wait_until(lambda: ask(shop, "/api/overview")[1]["totals"]["commands"] == 31)
        overview = ask(shop, "/api/overview")[1]
        assert overview["commands"][0]["command_type"] == "place_order", overview["commands"]
        assert overview["totals"]["events"] == overview["head"], overview
        row = projection(shop)
        wait_until(lambda: projection(shop)["lag_events"] == 0)
        assert row["here"], row

        # Actions reach the projection.
        path = f"/api/projections/{row['name']}/"
        assert ask(shop, path + "pause", JSON, "POST", {}) == (200, {"paused": True})
        wait_until(lambda: projection(shop)["state"] == "paused")
        assert ask(shop, path + "resume", JSON, "POST", {}) == (200, {"paused": False})
        wait_until(lambda: projection(shop)["state"] == "caught_up")

        # The log writes more at once, and what was done is in it.
        assert ask(shop, "/api/log", JSON, "POST", {"filter": "debug"})[0] == 200
        assert ask(shop, "/api/log")[1] == {"filter": "debug"}

        explained = ask(shop, "/api/explain?q=5")[1]["explanations"][0]
        assert explained["command"] == "place_order", explained
        found = ask(shop, "/api/explain?q=" + explained["command_id"])[1]
        assert found["explanations"][0]["first_position"] == explained["first_position"]
        assert "payload" not in ask(shop, "/api/events")[1]["events"][0]
        shop.process.send_signal(signal.SIGTERM)
        _, err = shop.process.communicate(timeout=60)
        assert shop.process.returncode == 0
        assert "console.action" in err or "Action on the console" in err, err


def viewers_share_texts(store):
    with running_shop(store) as shop:
        clients = [follow(shop) for _ in range(VIEWERS)]
        with concurrent.futures.ThreadPoolExecutor(VIEWERS) as pool:
            seen = list(pool.map(lambda client: read_events(client, 3), clients))
        last = {json.loads(texts[-1])["number"]: texts[-1] for texts in seen}
        for texts in seen:
            for text in texts:
                number = json.loads(text)["number"]
                assert last.setdefault(number, text) == text, "each viewer got its own"
        assert len(last) < VIEWERS, "a text was made for each viewer"

        # Too many are told so; who leaves makes room.
        more = [follow(shop) for _ in range(64 - VIEWERS)]
        for client in more:
            read_events(client, 1)
        assert ask(shop, "/api/live")[0] == 503
        for client in more:
            client.close()

        def has_room():
            client = follow(shop)
            with client:
                return client.recv(12) == b"HTTP/1.1 200"
        wait_until(has_room)

        # A viewer does not keep the shop from ending.
        began = time.monotonic()
        shop.stop()
        assert time.monotonic() - began < 8, time.monotonic() - began
        for client in clients:
            client.close()


def nothing_without_a_token(folder):
    files = {}
    for name, token in (("reader", READER), ("operator", OPERATOR)):
        files[name] = pathlib.Path(folder) / name
        files[name].write_text(token + "\n", encoding="ascii")
    with running_shop("memory:", "--token-file", str(files["reader"]), "--operator-token-file",
                      str(files["operator"]), metrics_listen="0.0.0.0:0") as shop:
        port = shop.address("metrics")[1]
        shop.urls["metrics"] = f"http://127.0.0.1:{port}"
        for path in ("/health", "/health/live"):
            assert ask(shop, path)[0] == 200, path
        for path in ("/metrics", "/api/info", "/api/live", "/api/events", "/api/nothing",
                     "/api/event%73", "/%61pi/info", "/metrics/../metrics", "//metrics"):
            assert ask(shop, path)[0] == 401, path
            assert ask(shop, path, bearer(READER[::-1]))[0] == 401, path
            assert ask(shop, path + "?token=" + READER)[0] == 401, path
        for path in ("/metrics", "/api/info", "/api/overview"):
            assert ask(shop, path, bearer(READER))[0] == 200, path
        for path in ("/api/events", "/api/event%73", "/api/commands"):
            assert ask(shop, path, bearer(READER))[0] == 403, path
            assert ask(shop, path, bearer(OPERATOR))[0] == 200, path
        assert ask(shop, "/api/log", {**JSON, **bearer(READER)}, "POST", {"filter": "off"})[0] == 403
        assert ask(shop, "/api/log", {**JSON, **bearer(OPERATOR)}, "POST",
                   {"filter": "warn"})[0] == 200
        shop.process.send_signal(signal.SIGTERM)
        out, err = shop.process.communicate(timeout=60)
        assert shop.process.returncode == 0
        for token in (READER, OPERATOR):
            assert token not in out + err, "a token is in the log"
        assert "refused" in err, err


def nothing_but_health_elsewhere():
    with running_shop("memory:", metrics_listen="0.0.0.0:0") as shop:
        port = shop.address("metrics")[1]
        shop.urls["metrics"] = f"http://127.0.0.1:{port}"
        assert ask(shop, "/health")[0] == 200
        for path in ("/metrics", "/api/info"):
            assert ask(shop, path)[0] == 403, path
        assert ask(shop, "/")[0] == 404, "there is no console that nobody can look at"
    environment = {**os.environ, "EVENTCORE_TOKEN": "short"}
    result = run("serve", "--store", "memory:", "--listen", "127.0.0.1:0", expect=2, env=environment)
    assert "EVENTCORE_TOKEN" in result.stderr and "short" not in result.stderr, result.stderr
    result = run("serve", "--store", "memory:", "--token-file", "/nowhere/at/all", expect=2)
    assert "--token-file" in result.stderr, result.stderr


def other_sites_are_refused():
    with running_shop("memory:") as shop:
        filter_before = ask(shop, "/api/log")[1]
        port = shop.address("metrics")[1]
        for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example"):
            for path in ("/metrics", "/api/overview", "/api/events"):
                assert ask(shop, path, {"Host": host})[0] == 421, (host, path)
        own = f"http://127.0.0.1:{port}"
        for headers, status in (
                ({**JSON, "Origin": "http://evil.example"}, 403),
                ({**JSON, "Origin": "null"}, 403),
                ({**JSON, "Origin": f"http://127.0.0.1:{port + 1}"}, 403),
                ({**JSON, "Sec-Fetch-Site": "cross-site"}, 403),
                ({**JSON, "Origin": own, "Sec-Fetch-Site": "same-site"}, 403),
                ({"Content-Type": "text/plain", "Origin": own}, 415),
                ({"Content-Type": "application/x-www-form-urlencoded"}, 415)):
            assert ask(shop, "/api/log", headers, "POST", {"filter": "off"})[0] == status, headers
        assert ask(shop, "/api/log")[1] == filter_before
        answer, headers, _ = shop.call("OPTIONS", "/api/log", None, {
            "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
                                       url="metrics")
        assert answer in (403, 405, 415), answer
        assert not [name for name in headers if name.lower().startswith("access-control")]
        ok = ask(shop, "/api/log", {**JSON, "Origin": own, "Sec-Fetch-Site": "same-origin"}, "POST",
                 {"filter": "error"})
        assert ok == (200, {"filter": "error"}), ok


def survives_attacks():
    with running_shop("memory:") as shop:
        address = shop.address("metrics")
        post = b"POST /api/log HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        assert attacks.ask(address, post + b"Content-Length: 9000000\r\n\r\n") == 413
        body = b'{"filter": "' + b"x" * 100_000 + b'"}'
        assert attacks.ask(address, post + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s"
                           % (len(body), body)) == 400
        deep = b"[" * 200_000
        assert attacks.ask(address, post + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s"
                           % (len(deep), deep)) == 400
        long = b"GET /api/explain?q=" + b"x" * 20_000
        assert attacks.ask(address, long + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") == 431
        for path in (b"/api/../../etc/passwd", b"/console/../../etc/passwd",
                     b"/console/%2e%2e/%2e%2e/etc/passwd", b"/console/..%2f..%2fetc%2fpasswd",
                     b"/console//main.js", b"/api/projections/../log/pause"):
            status = attacks.ask(address, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
                                 b"Connection: close\r\n\r\n")
            assert status in (400, 404, 405), (path, status)
        assert attacks.ask(address, b"GET /console/%00 HTTP/1.1\r\nHost: localhost\r\n"
                           b"Connection: close\r\n\r\n") == 400

        # A thousand that say nothing, viewers that take nothing, and one who wants to know.
        silent = []
        for _ in range(1_000):
            try:
                silent.append(attacks.connect(address))
            except OSError:
                break
        deaf = []
        for _ in range(60):
            client = attacks.connect(address, receive_buffer=2_048)
            client.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            deaf.append(client)
        over = threading.Event()
        answers = []

        def look():
            while not over.is_set():
                began = time.monotonic()
                try:
                    status = ask(shop, "/api/overview")[0]
                except (OSError, http.client.HTTPException):
                    status = 0
                answers.append((status, time.monotonic() - began))
        watcher = threading.Thread(target=look)
        watcher.start()
        place_orders(shop, 20)
        wait_until(lambda: len(answers) > 50)
        over.set()
        watcher.join()
        served = [seconds for status, seconds in answers if status == 200]
        assert len(served) == len(answers), answers
        for client in silent + deaf:
            client.close()
        assert len(silent) > 500, "too few connections for an attack"
        assert ask(shop, "/health/ready")[0] == 200


def can_be_left_out():
    with running_shop("memory:", "--no-console") as shop:
        assert ask(shop, "/")[0] == 404
        assert ask(shop, "/api/info")[0] == 404
        assert ask(shop, "/metrics")[0] == 200


def first_line_is_where_to_look():
    shop = RunningShop("memory:")
    try:
        assert shop.process.stdout.readline().split() == [
            "console", shop.urls["metrics"].removesuffix("/metrics") + "/"]
    finally:
        shop.process.kill()
        shop.process.communicate()


class StoreConsole:
    """`eventcore console`, with the same calls as a shop."""
    call = RunningShop.call
    address = RunningShop.address

    def __init__(self, tool, store, *arguments):
        self.process = subprocess.Popen([tool, "console", "--store", store, "--listen",
                                         "127.0.0.1:0", *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.urls = {"metrics": self.process.stdout.readline().split()[1]}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return err


def a_store_alone_is_shown(tool, store):
    shown = StoreConsole(tool, store)
    assert ask(shown, "/health")[0] == 200
    info = ask(shown, "/api/info")[1]
    assert not info["has"]["monitor"] and info["has"]["store"], info
    assert ask(shown, "/api/explain?q=5")[1]["explanations"][0]["command"] == "place_order"
    row = projection(shown)
    assert row["state"] == "not_running" and not row["here"], row
    pause = f"/api/projections/{row['name']}/pause"
    assert ask(shown, pause, JSON, "POST", {})[0] == 403, "it was not told to act"
    assert shown.stop() == ""
    shown = StoreConsole(tool, store, "--actions")
    assert ask(shown, pause, JSON, "POST", {}) == (200, {"paused": True})
    wait_until(lambda: projection(shown)["state"] == "paused")
    assert " pause " + row["name"] in shown.stop(), "an action is not noted"


def main():
    with workspace() as folder:
        shows_what_the_shop_does(f"sqlite:{folder}/shop.db")
        if len(sys.argv) > 3:
            a_store_alone_is_shown(sys.argv[3], f"sqlite:{folder}/shop.db")
        viewers_share_texts("memory:")
        nothing_without_a_token(folder)
    nothing_but_health_elsewhere()
    other_sites_are_refused()
    survives_attacks()
    can_be_left_out()
    first_line_is_where_to_look()


if __name__ == "__main__":
    main()
