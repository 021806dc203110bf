"""What was acknowledged survives kills, and what is repeated happens once.

usage: kill_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import http.client
import pathlib
import random
import signal
import subprocess
import threading
import time

from reference_report import reference_report
from retail_generator import generate
from running_shop import RunningShop
from shop_program import program, report, run, workspace

KILLS = 6


def duration_of(path, concurrency):
    """Returns how long one whole replay takes here and now."""
    with workspace() as folder:
        begin = time.monotonic()
        run("replay", path, "--store", f"sqlite:{folder}/shop.db", "--concurrency", concurrency)
        return time.monotonic() - begin


def start(path, store, concurrency):
    return subprocess.Popen([program(), "replay", str(path), "--store", store,
                             "--concurrency", str(concurrency)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def survives_kills(path, concurrency, rng):
    expected, _ = reference_report(path.read_bytes())
    whole = duration_of(path, concurrency)
    killed = 0
    with workspace() as folder:
        store = f"sqlite:{folder}/shop.db"
        for _ in range(KILLS):
            replay = start(path, store, concurrency)
            time.sleep(rng.uniform(0, whole))
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
        store = f"sqlite:{folder}/shop.db"
        replay = start(path, store, concurrency)
        time.sleep(0.2)
        replay.send_signal(number)
        out, err = replay.communicate(timeout=60)
        assert replay.returncode == 0, f"exit code {replay.returncode}\n{out}\n{err}"
        run("replay", path, "--store", store)
        assert report(store) == expected


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
            clients = [threading.Thread(target=place_orders,
                                        args=(shop, i, acknowledged, random.Random(rng.random())))
                       for i in range(8)]
            for client in clients:
                client.start()
            time.sleep(rng.uniform(0.2, 1))
            shop.process.kill()
            for client in clients:
                client.join()
            shop.process.communicate()
        assert acknowledged
        shop = RunningShop(store)
        for name in acknowledged:
            status, _, order = shop.call("GET", f"/orders/{name}")
            assert status == 200 and order["order"] == name, (name, order)
        sales = shop.call("GET", "/reports/revenue")[2]
        sold = sum(shop.call("GET", f"/products/{i}")[2].get("sold", 0) for i in range(20))
        shop.stop()
    # At most one order of each client was under way at each kill.
    assert len(acknowledged) <= sales["orders"] <= len(acknowledged) + 4 * 8, sales
    assert sold == sales["units_sold"] == 5 * sales["orders"], (sold, sales)


if __name__ == "__main__":
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    with workspace() as place:
        file = pathlib.Path(place, "retail.csv")
        file.write_bytes(generate(seed, invoices=400, bad_share=0.01))
        for width in (1, 16):
            survives_kills(file, width, random.Random(seed + width))
            stops_cleanly(file, width, signal.SIGTERM)
            stops_cleanly(file, width, signal.SIGINT)
    a_killed_shop_keeps_its_word(random.Random(seed))
