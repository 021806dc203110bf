"""What was acknowledged survives kills, and what is repeated happens once.

usage: kill_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import concurrent.futures
import contextlib
import http.client
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

from reference_report import reference_report
from retail_generator import generate
from running_shop import RunningShop
from shop_program import program, real_file, report, run, wait_until, workspace

KILLS = 6
CLIENTS = 8


def events_in(file):
    """Returns the number of events in a store, 0 while there is none.

    Its connection is closed again: one left open would spare the next process its recovery.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            return store.execute("SELECT max(position) FROM events").fetchone()[0] or 0
    except sqlite3.OperationalError:
        return 0


def start(path, file, concurrency):
    return subprocess.Popen([program(), "replay", str(path), "--store", f"sqlite:{file}",
                             "--concurrency", str(concurrency)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events_of_whole_replay(path):
    with workspace() as folder:
        file = pathlib.Path(folder, "shop.db")
        run("replay", path, "--store", f"sqlite:{file}")
        return events_in(file)


def survives_kills(path, concurrency, rng):
    expected, _ = reference_report(path.read_bytes())
    # Each replay goes on where the last one was killed, and is killed further on.
    marks = sorted(rng.sample(range(events_of_whole_replay(path) * 9 // 10), KILLS))
    killed = 0
    with workspace() as folder:
        file = pathlib.Path(folder, "shop.db")
        store = f"sqlite:{file}"
        for mark in marks:
            replay = start(path, file, concurrency)
            wait_until(lambda: events_in(file) >= mark or replay.poll() is not None)
            time.sleep(rng.uniform(0, 0.002))  # anywhere in a commit, not always behind one
            replay.send_signal(signal.SIGKILL)
            replay.communicate(timeout=60)
            killed += replay.returncode == -signal.SIGKILL
        run("replay", path, "--store", store, "--concurrency", concurrency)
        assert report(store) == expected
        again = run("replay", path, "--store", store, "--concurrency", concurrency)
        assert "stored 0," in again.stdout, again.stdout
        assert report(store) == expected
    assert killed > 0, "no replay was killed before its end"


def stops_cleanly(path, concurrency, number):
    expected, _ = reference_report(path.read_bytes())
    with workspace() as folder:
        file = pathlib.Path(folder, "shop.db")
        replay = start(path, file, concurrency)
        wait_until(lambda: events_in(file) > 0)
        replay.send_signal(number)
        out, err = replay.communicate(timeout=60)
        assert replay.returncode == 0, f"exit code {replay.returncode}\n{out}\n{err}"
        run("replay", path, "--store", f"sqlite:{file}")
        assert report(f"sqlite:{file}") == expected


def place_orders(shop, client, acknowledged, rng):
    """Places the orders of one client, each until it is acknowledged, until the shop is gone."""
    for number in range(1000):
        name = f"{client}-{number}"
        if name in acknowledged:
            continue
        lines = [{"product": str(rng.randrange(20)), "quantity": 1, "price": "1"} for _ in range(5)]
        order = {"order": name, "lines": lines}
        try:
            status, _, body = shop.call("POST", "/orders", order, {"Idempotency-Key": name})
        except (OSError, http.client.HTTPException):
            return
        # The order may be there from before a kill, with other lines: its key says so.
        assert status == 201 or body["code"] == "idempotency_key_reused", (status, body)
        acknowledged.add(name)


def a_killed_shop_keeps_its_word(rng):
    with workspace() as folder:
        store = f"sqlite:{folder}/shop.db"
        acknowledged = set()
        for _ in range(4):
            shop = RunningShop(store)
            goal = len(acknowledged) + rng.randrange(1, 400)
            with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
                clients = [pool.submit(place_orders, shop, i, acknowledged,
                                       random.Random(rng.random())) for i in range(CLIENTS)]
                try:
                    wait_until(lambda: len(acknowledged) >= goal)
                finally:
                    shop.process.kill()
            for client in clients:
                client.result()
            shop.process.communicate()
        shop = RunningShop(store)
        for name in acknowledged:
            status, _, order = shop.call("GET", f"/orders/{name}")
            assert status == 200 and order["order"] == name, (name, order)
        sales = shop.call("GET", "/reports/revenue")[2]
        sold = sum(shop.call("GET", f"/products/{i}")[2].get("sold", 0) for i in range(20))
        shop.stop()
    # At most one order of each client was under way at each kill.
    assert len(acknowledged) <= sales["orders"] <= len(acknowledged) + 4 * CLIENTS, sales
    assert sold == sales["units_sold"] == 5 * sales["orders"], (sold, sales)


if __name__ == "__main__":
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    with workspace() as place:
        made = pathlib.Path(place, "retail.csv")
        made.write_bytes(generate(seed, invoices=1500, bad_share=0.01))
        for width in (1, 16):
            for retail in filter(None, (made, real_file())):
                survives_kills(retail, width, random.Random(seed + width))
            stops_cleanly(made, width, signal.SIGTERM)
            stops_cleanly(made, width, signal.SIGINT)
    a_killed_shop_keeps_its_word(random.Random(seed))
