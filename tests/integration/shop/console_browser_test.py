"""Every view of the console of a live shop, in a browser.

usage: console_browser_test.py PATH-OF-eventcore-shop NODE LOOK.js MODULES CHROMIUM
"""

import json
import pathlib
import subprocess
import sys
import urllib.parse

from running_shop import RunningShop, running_shop
from shop_program import workspace

READER = "5f0c1f6f3a0b4a57b8d1e2c49a7760d3"
OPERATOR = "c1e8a2d94b7f4c1e9d3a5b60f7281e4d"
LOAD = ("--duration", "10m", "--rate", "30")


def address_of(shop):
    parts = urllib.parse.urlsplit(shop.urls["metrics"])
    return f"{parts.scheme}://{parts.netloc}"


def look(shop, scenario, *arguments, **options):
    node, script, modules, chromium = sys.argv[2:6]
    return subprocess.Popen([node, script, modules, chromium, address_of(shop), scenario,
                             *arguments], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def finish(browser):
    out, err = browser.communicate(timeout=200)
    assert browser.returncode == 0, out + err
    print(out, end="", flush=True)


def end(shop):
    """Stops a demo whose output nobody reads."""
    shop.process.kill()
    shop.process.communicate()


def baseline(folder):
    """A file that says how the shop was."""
    path = pathlib.Path(folder) / "release-1.json"
    path.write_text(json.dumps({
        "eventcore-baseline": 1, "name": "release 1", "source": "a test",
        "recorded_unix_ns": 1_700_000_000_000_000_000, "interval_ns": 1_000_000_000,
        "measures": [{"name": "avg_latency_ms", "better": "lower", "level_min": 1e-9,
                      "samples": [0.001] * 60}]}))
    return path


def every_view(folder):
    shop = RunningShop(f"sqlite:{folder}/shop.db", *LOAD, "--baseline", baseline(folder),
                       command="demo")
    try:
        finish(look(shop, "views"))
    finally:
        end(shop)


def tokens(folder):
    files = []
    for option, token in (("--token-file", READER), ("--operator-token-file", OPERATOR)):
        file = f"{folder}/{option[2:]}"
        with open(file, "w", encoding="ascii") as out:
            out.write(token)
        files += [option, file]
    with running_shop("memory:", *files) as shop:
        shop.call("POST", "/stock", {"product": "22423", "quantity": 1})
        finish(look(shop, "tokens", READER, OPERATOR))


def lost_connection():
    first = RunningShop("memory:", *LOAD, command="demo")
    port = first.address("metrics")[1]
    second = None
    browser = look(first, "lost", stdin=subprocess.PIPE)
    try:
        assert browser.stdout.readline() == "live\n", browser.communicate()
        end(first)
        browser.stdin.write("gone\n")
        browser.stdin.flush()
        assert browser.stdout.readline() == "lost\n", browser.communicate()
        second = RunningShop("memory:", *LOAD, command="demo", metrics_listen=f"127.0.0.1:{port}")
        browser.stdin.write("back\n")
        browser.stdin.flush()
        finish(browser)
    finally:
        for shop in filter(None, (first, second)):
            end(shop)
        if browser.poll() is None:
            browser.kill()
            browser.communicate()


def main():
    with workspace() as folder:
        every_view(folder)
        tokens(folder)
    lost_connection()


if __name__ == "__main__":
    main()
