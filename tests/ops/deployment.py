"""What files of a deployment may say of the shop: its options, its addresses, its end."""

import contextlib
import http.client
import os
import re
import signal
import subprocess

from kit import ROOT

TOKENS = {"read-token": "0123456789abcdef0123456789abcdef",
          "operator-token": "fedcba9876543210fedcba9876543210"}
PROBES = {"/health/live", "/health/ready", "/health/startup"}


def stop_seconds():
    """How long the shop takes at worst to end after SIGTERM."""
    text = (ROOT / "examples/shop/serve/shop_server.cpp").read_text()
    body = re.search(r"ShopServer::stop\(\) \{\n(.*?)\n\}", text, re.S)[1]
    limits = re.findall(r"Deadline::after\((\d+)s\)", body)
    assert len(limits) == 6, "the form of ShopServer::stop has changed"
    patience = re.search(r"kCanaryPatience = (\d+)s;", text)[1]
    return sum(map(int, limits)) + 2 * int(patience)


def option_findings(where, shop, arguments):
    """Says which arguments of `eventcore-shop` it does not know."""
    assert arguments[0] == "serve", arguments
    known = set()
    for command in ([shop, "serve", "--help"], [shop, "--help"]):
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        known |= set(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", text, re.M))
    for argument in arguments[1:]:
        if argument.startswith("--") and argument.partition("=")[0] not in known:
            yield f"{where}: eventcore-shop serve has no {argument.partition('=')[0]}"


def with_value(arguments, name, value):
    """Returns the arguments with another value of an option, in either form."""
    arguments = list(arguments)
    for index, argument in enumerate(arguments):
        if argument == name:
            return arguments[:index + 1] + [value] + arguments[index + 2:]
        if argument.startswith(name + "="):
            return arguments[:index] + [f"{name}={value}"] + arguments[index + 1:]
    raise AssertionError(f"there is no {name} in {arguments}")


def get(url, path, headers=None):
    """Returns the status of an answer."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as children:
        return int(children.read())


@contextlib.contextmanager
def running(command, folder, environment=None, tracer=()):
    """Runs a shop, whose addresses become free ones. Gives its URLs by name; it has to end well.
    `tracer` is a command before its, whose child it is then."""
    for name in ("--listen", "--metrics-listen"):
        command = with_value(command, name, "127.0.0.1:0")
    with (folder / "shop.log").open("w+") as log:
        process = subprocess.Popen([*tracer, *command], stdout=subprocess.PIPE, stderr=log, text=True,
                                   cwd=folder, env=os.environ | (environment or {}))
        shop = None
        try:
            lines = [process.stdout.readline().split() for _ in range(4)]
            urls = {line[0]: line[1] for line in lines if line}
            assert set(urls) >= {"shop", "metrics", "health"}, (folder / "shop.log").read_text()
            shop = child_of(process.pid) if tracer else process.pid
            yield urls | {"host": urls["metrics"].removesuffix("/metrics")}
            os.kill(shop, signal.SIGTERM)
            assert process.wait(timeout=stop_seconds()) == 0, (folder / "shop.log").read_text()
        finally:
            if process.poll() is None:
                if tracer and shop:
                    os.kill(shop, signal.SIGKILL)
                process.kill()
                process.wait()
            process.stdout.close()
