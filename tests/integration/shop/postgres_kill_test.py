"""Shops that write and project on one PostgreSQL are killed, and the server crashes: what was
acknowledged is there once, and the read models say what a fresh rebuild says.

EVENTCORE_KILLS is the number of rounds, EVENTCORE_SEED repeats one run.

usage: postgres_kill_test.py PATH-OF-eventcore-shop
"""

import datetime
import http.client
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

from postgres_server import PostgresServer
from read_models import Expected, contents, files_in, position_of
from reference_report import reference_report
from retail_generator import generate
from running_shop import RunningShop, running_shop
from shop_program import program, report, run, wait_until, workspace
from split_retail_file import split

ROUNDS = int(os.environ.get("EVENTCORE_KILLS") or 4)
SEED = int(os.environ.get("EVENTCORE_SEED") or random.SystemRandom().randrange(2**32))
CLIENTS = 6
PRODUCTS = 20
PARTS = 8


class Customers:
    """Threads that place orders, each until it is acknowledged, whatever ends meanwhile."""

    def __init__(self, shops):
        self.shops = shops  # replaced in place when one is started again
        self.acknowledged = {}  # name: what was ordered
        self.failure = None
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        rng = random.Random(SEED * 100 + client)
        number = 0
        try:
            while not self.stopping.is_set():
                self.place(f"{client}-{number}", rng)
                number += 1
        except Exception as problem:  # told by the main thread
            self.failure = problem

    def place(self, name, rng):
        lines = [{"product": f"P{rng.randrange(PRODUCTS)}", "quantity": rng.randrange(1, 4),
                  "price": rng.choice(["1", "0.25", "19.9999"])} for _ in range(5)]
        order = {"order": f"kept-{name}", "customer": f"kept-{rng.randrange(9)}",
                 "country": rng.choice(["Norway", "Chile"]), "lines": lines}
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            try:
                status, _, body = rng.choice(self.shops).call("POST", "/orders", order,
                                                              {"Idempotency-Key": name})
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if status == 201:
                self.acknowledged[name] = order
                return
            assert status in (503, 504), (status, body)
            time.sleep(0.02)
        raise AssertionError(f"{name} was not acknowledged for two minutes")

    def stop(self):
        """Each client ends with an order that was acknowledged."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure


class Rounds:
    """One server, two shops that share their read models, and a replay."""

    def __init__(self, server, folder, rng):
        self.server, self.folder, self.rng = server, pathlib.Path(folder), rng
        self.store = server.uri()
        self.models = pathlib.Path(folder, "models")
        self.data = generate(SEED, invoices=600, bad_share=0)
        self.parts = []
        for i, part in enumerate(split(self.data, PARTS)):
            self.parts.append(pathlib.Path(folder, f"part-{i}.csv"))
            self.parts[-1].write_bytes(part)
        self.shops = [self.start_shop(), self.start_shop()]
        self.replay = None

    def start_shop(self):
        return RunningShop(self.store, "--read-models", str(self.models), "--lease", "2s")

    def start_replay(self, number):
        if self.replay is not None and self.replay.poll() is None:
            return
        if self.replay is not None:
            self.replay.communicate()
        self.replay = subprocess.Popen([program(), "replay", str(self.parts[number % PARTS]),
                                        "--store", self.store],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_for_mark(self, customers):
        """Until customers, or a read model, have come some way."""
        if self.rng.random() < 0.5:
            goal = len(customers.acknowledged) + self.rng.randrange(1, 120)
            wait_until(lambda: customers.failure or len(customers.acknowledged) >= goal)
        else:
            file = self.rng.choice(list(files_in(self.models).values()))
            goal = position_of(file) + self.rng.randrange(1, 1200)
            wait_until(lambda: customers.failure or position_of(file) >= goal)
        time.sleep(self.rng.uniform(0, 0.002))  # anywhere in a commit, not always behind one

    def strike(self, kind):
        if kind == "server":
            self.server.order("stop immediate")
            self.server.order("start")
        elif kind == "replay":
            self.replay.send_signal(signal.SIGKILL)
            self.replay.communicate()
        else:
            which = self.rng.randrange(2)
            self.shops[which].process.kill()
            self.shops[which].process.communicate()
            self.shops[which] = self.start_shop()

    def run(self):
        customers = Customers(self.shops)
        try:
            for number in range(ROUNDS):
                for kind in self.rng.sample(["server", "shop", "replay"], 3):
                    self.start_replay(number)
                    self.wait_for_mark(customers)
                    self.strike(kind)
                if customers.failure:
                    break
        finally:
            customers.stop()
        self.replay.kill()
        self.replay.communicate()
        for path in self.parts:
            run("replay", path, "--store", self.store)
        self.verify(customers.acknowledged)

    def verify(self, acknowledged):
        position = int(self.server.sql("SELECT max(position) FROM eventcore.events"))
        ask_all(self.shops[0], position)
        for shop in self.shops:
            shop.stop()
        expected, _ = reference_report(self.data)
        sales = report(self.store)
        assert sales["orders"] == expected["orders"] + len(acknowledged), (
            sales["orders"], expected["orders"], len(acknowledged))
        lines = [line for order in acknowledged.values() for line in order["lines"]]
        assert sales["units_sold"] == expected["units_sold"] + sum(
            line["quantity"] for line in lines)
        for name, count in (("order_placed", sales["orders"]), ("goods_returned", sales["returns"])):
            found = self.server.sql("SELECT count(*), count(DISTINCT e.stream) FROM eventcore.events e"
                                    f" JOIN eventcore.types t ON t.number = e.type AND t.name = '{name}'")
            assert found == f"{count}|{count}", (name, found, count)
        self.check_read_models(acknowledged, position)
        print(f"{len(acknowledged)} orders acknowledged, {position} events, {ROUNDS} rounds", flush=True)

    def check_read_models(self, acknowledged, position):
        fresh = self.folder / "fresh"
        with running_shop(self.store, "--read-models", str(fresh)) as shop:
            ask_all(shop, position)
        assert contents(self.models) == contents(fresh)
        expected = Expected()
        expected.file(self.data)
        # When an order was placed only the shop knows.
        days = {row[2]: datetime.datetime.fromtimestamp(row[3], datetime.timezone.utc).date()
                for row in contents(fresh)["orders"]}
        for order in acknowledged.values():
            expected.order_of(order["customer"])
            for line in order["lines"]:
                expected.line(order["customer"], days[order["order"]], order["country"],
                              line["product"], line["quantity"], line["price"])
        expected.check(fresh)


def ask_all(shop, position):
    """Returns when the three read models have everything up to `position`."""
    for question in ("/revenue", "/stock", "/customers/kept-1/orders"):
        answers = []

        def is_answered(question=question, answers=answers):
            answers.append(shop.call("GET", f"{question}?limit=1&after={position}")[0])
            return answers[-1] in (200, 404)

        wait_until(is_answered)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    with PostgresServer() as postgres, workspace() as place:
        Rounds(postgres, place, random.Random(SEED)).run()
