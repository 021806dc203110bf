"""A running shop that is looked at, and what its flight recorder leaves when it dies.

usage: monitor_test.py PATH-OF-eventcore-shop [REAL-FILE [PATH-OF-eventcore]]
"""

import json
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

from running_shop import RunningShop, running_shop
from shop_program import run, workspace


def order(shop, number):
    status, _, answer = shop.call(
        "POST", "/orders", {"order": str(number), "lines": [
            {"product": "22423", "quantity": 1, "price": "1.25"}]})
    assert status in (200, 201), (status, answer)


def page(shop):
    """Returns the series of `/metrics` by their names and labels."""
    _, _, text = shop.call("GET", "/metrics", url="metrics")
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)}


def total(series, name):
    return sum(value for key, value in series.items() if key.split("{")[0] == name)


def monitor_is_on():
    """What the monitor shows adds up to what the counters say."""
    with running_shop("memory:") as shop:
        before = page(shop)
        ordered = 0
        deadline = time.monotonic() + 60
        # The windows of the monitor are its own: orders until one of them has seen some.
        while not page(shop).get("eventcore_monitor_commands_per_second"):
            assert time.monotonic() < deadline, "no window has seen an order"
            order(shop, 1000 + ordered)
            ordered += 1
        after = page(shop)
        counted = total(after, "eventcore_commands_total") - total(before,
                                                                   "eventcore_commands_total")
        assert counted >= ordered, (counted, ordered)
        assert 0 < after["eventcore_monitor_commands_per_second"] <= counted / 0.9
        assert after["eventcore_monitor_events_per_second"] > 0
        assert after["eventcore_monitor_error_ratio"] == 0
        assert after['eventcore_monitor_latency_seconds{statistic="p99"}'] > 0
        assert 0 <= after["eventcore_monitor_snapshot_age_seconds"] < 60


def leaves_a_recording(tool):
    with workspace() as folder:
        file = pathlib.Path(folder, "shop.flight.json")
        store = f"sqlite:{folder}/shop.db"
        with running_shop(store, "--flight-recorder", str(file)) as shop:
            order(shop, 1)
        assert not file.exists(), "an orderly end needs no recording"

        shop = RunningShop(store, "--flight-recorder", str(file))
        try:
            for number in range(2, 12):
                order(shop, number)
        finally:
            shop.process.send_signal(signal.SIGABRT)
            shop.process.communicate(timeout=60)
        assert shop.process.returncode == -signal.SIGABRT, shop.process.returncode
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        dump = json.loads(file.read_text())
        assert dump["reason"] == "SIGABRT" and dump["pid"] == shop.process.pid, dump
        slowest = dump["slowest"]
        assert len(slowest) == 10, len(slowest)
        assert {entry["command_type"] for entry in slowest} == {"place_order"}
        assert all(entry["outcome"] == "committed" for entry in slowest)
        assert all("product/22423" in entry["streams"] or "product-22423" in entry["streams"]
                   for entry in slowest), slowest[0]["streams"]
        if tool:
            shown = subprocess.run([tool, "flight", str(file), "--full"], capture_output=True,
                                   text=True, timeout=60, check=True).stdout
            assert "SIGABRT" in shown and shown.count("place_order") == 10, shown


def refuses_a_bad_path():
    result = run("serve", "--store", "memory:", "--listen", "127.0.0.1:0", "--metrics-listen",
                 "127.0.0.1:0", "--flight-recorder", "/nowhere/at/all", expect=2)
    assert "--flight-recorder: cannot write /nowhere/at/all" in result.stderr, result.stderr


monitor_is_on()
leaves_a_recording(sys.argv[3] if len(sys.argv) > 3 else None)
refuses_a_bad_path()
