"""The load generator and the demo as a user runs them.

usage: demo_test.py PATH-OF-eventcore-shop
"""

import re
import signal

from running_shop import RunningShop, running_shop
from shop_program import report, run, workspace


def placed_in(text):
    return int(re.search(r"^(\d+) orders placed", text, re.MULTILINE)[1])


def the_generator_sends_what_it_says(store):
    with running_shop(store) as shop:
        out = run("load", "--url", shop.urls["shop"], "--rate", 40, "--duration", "3s",
                  "--seed", 7).stdout
        placed = placed_in(out)
        assert placed > 0, out
        assert shop.metric("eventcore_order_value_dollars_count") == placed, out
        assert shop.call("GET", "/reports/revenue")[2]["orders"] == placed
    assert report(store)["orders"] == placed


def the_generator_tells_when_nobody_is_there():
    result = run("load", "--url", "http://127.0.0.1:1", "--duration", "1s", expect=1)
    assert "127.0.0.1:1" in result.stderr, result.stderr
    run("load", "--url", "ftp://127.0.0.1", expect=2)
    run("load", "--rate", "-1", expect=2)
    run("load", "--duration", "soon", expect=2)


def the_demo_ends_by_itself(store):
    out = run("demo", "--store", store, "--duration", "3s", "--rate", 40, "--listen", "127.0.0.1:0",
              "--metrics-listen", "127.0.0.1:0").stdout
    lines = out.splitlines()
    assert lines[0].startswith("shop ") and lines[1].startswith("metrics "), out
    status = [line for line in lines if line.startswith("orders/s")]
    assert len(status) >= 3, out
    for word in ("p95", "conflicts", "refusals"):
        assert word in status[0], out
    assert report(store)["orders"] == placed_in(out)


def the_demo_ends_when_it_is_told(store):
    before = report(store)["orders"]
    demo = RunningShop(store, "--duration", "1h", "--rate", "40", command="demo")
    assert demo.process.stdout.readline().startswith("console ")
    assert demo.process.stdout.readline().startswith("orders/s")
    out = demo.stop(signal.SIGINT)
    assert report(store)["orders"] == before + placed_in(out)


if __name__ == "__main__":
    the_generator_tells_when_nobody_is_there()
    with workspace() as place:
        the_generator_sends_what_it_says(f"sqlite:{place}/load.db")
        the_demo_ends_by_itself(f"sqlite:{place}/demo.db")
        the_demo_ends_when_it_is_told(f"sqlite:{place}/demo.db")
