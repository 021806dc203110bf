"""Several shops on one PostgreSQL: every command works there, and processes share the work.

usage: postgres_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import contextlib
import json
import pathlib
import subprocess

from postgres_server import PostgresServer
from read_models import Expected, contents
from reference_report import reference_report
from retail_generator import generate
from running_shop import RunningShop, running_shop
from shop_program import program, real_file, report, run, wait_until, workspace
from split_retail_file import split

PROCESSES = 4


def replays(paths, store):
    """Replays all files at once and returns what each says."""
    started = [subprocess.Popen([program(), "replay", str(path), "--store", store],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for path in paths]
    said = []
    for process in started:
        out, err = process.communicate(timeout=280)
        assert process.returncode == 0, f"exit code {process.returncode}\n{out}\n{err}"
        said.append(out)
    return said


def processes_replay_parts_of_a_file(server, data, name):
    server.sql(f"CREATE DATABASE {name}")
    store = server.uri(name)
    expected, _ = reference_report(data)
    read_models = Expected()
    read_models.file(data)
    with workspace() as folder:
        paths = []
        for i, part in enumerate(split(data, PROCESSES)):
            paths.append(pathlib.Path(folder, f"part-{i}.csv"))
            paths[-1].write_bytes(part)
        replays(paths, store)
        assert report(store) == expected
        for out in replays(paths, store):
            assert "stored 0," in out, out
        assert report(store) == expected
        models = pathlib.Path(folder, "models")
        with running_shop(store, "--read-models", models) as shop:
            position = end_of_log(shop)
            revenue = shop.call("GET", f"/revenue?after={position}")[2]
            shop.call("GET", f"/stock?limit=1&after={position}")
            shop.call("GET", f"/customers/last/orders?after={position}")
            assert shop.call("GET", "/reports/revenue")[2]["gross"] == revenue["gross"], revenue
            for number in ("orders", "returns", "units_sold", "units_returned"):
                assert revenue[number] == expected[number], revenue
        read_models.check(models)
        with running_shop(store, "--read-models", "postgres") as shop:
            for question in ("/revenue", "/stock", "/customers/last/orders"):
                wait_until(lambda: shop.call("GET", f"{question}?after={position}")[0] == 200)
        assert contents_in_database(server, name) == contents(models)


def contents_in_database(server, database):
    """Returns the rows of every table in the schema of the read models, as `contents` does."""
    rows = {}
    for table in ("customers", "orders", "stock", "revenue"):
        columns = server.sql("SELECT string_agg(CASE data_type WHEN 'bytea' THEN 'convert_from(' || "
                             "column_name || ', ''UTF8'')' ELSE column_name END, ', ' ORDER BY "
                             "ordinal_position) FROM information_schema.columns WHERE table_schema ="
                             f" 'eventcore_shop' AND table_name = '{table}'", database).strip()
        text = server.sql(f"SELECT json_build_array({columns}) FROM eventcore_shop.{table}",
                          database)
        rows[table] = sorted(tuple(json.loads(line)) for line in text.splitlines())
    return rows


def end_of_log(shop):
    """Returns a position behind everything that was written before."""
    status, _, body = shop.call("POST", "/customers", {"customer": "last", "country": ""},
                                {"Idempotency-Key": "last"})
    assert status == 201, body
    return body["position"]


def whoever_wrote_reads_it_anywhere(server):
    """In the process that wrote, in one that shares its read models, and in one that does not."""
    server.sql("CREATE DATABASE anywhere")
    store = server.uri("anywhere")
    with workspace() as folder, contextlib.ExitStack() as shops:
        shared, own = pathlib.Path(folder, "shared"), pathlib.Path(folder, "own")
        running = [shops.enter_context(running_shop(store, "--read-models", models))
                   for models in (shared, shared, own)]
        for number in range(30):
            writer = running[number % 3]
            order = {"customer": "7", "country": "Norway",
                     "lines": [{"product": f"P{number}", "quantity": 2, "price": "0.5"}]}
            status, _, placed = writer.call("POST", "/orders", order)
            assert status == 201, placed
            for reader in running:
                orders = reader.call("GET", f"/customers/7/orders?after={placed['position']}")[2]
                assert orders["orders"] == number + 1, orders
                assert orders["listed"][0]["order"] == placed["order"], orders
                assert orders["position"] >= placed["position"], orders
                revenue = reader.call("GET", f"/revenue?after={placed['position']}")[2]
                assert revenue["gross"] == f"{number + 1}.0000", revenue
        late = running[0].call("GET", f"/stock?after={placed['position'] + 1000}")
        assert late[0] == 504, late
        stock = running[2].call("GET", f"/stock?after={placed['position']}")[2]["products"]
        assert [level["sold"] for level in stock] == [2] * 30, stock
    return store


def all_processes_share_the_read_models_in_the_database(server):
    """Whoever leads; and it goes on when the leader is killed."""
    server.sql("CREATE DATABASE shared")
    store = server.uri("shared")
    with contextlib.ExitStack() as shops:
        running = [shops.enter_context(running_shop(store, "--read-models", "postgres", "--lease",
                                                    "1s")) for _ in range(2)]
        for number in range(20):
            order = {"customer": "7", "country": "Norway",
                     "lines": [{"product": f"P{number}", "quantity": 2, "price": "0.5"}]}
            status, _, placed = running[number % 2].call("POST", "/orders", order)
            assert status == 201, placed
            for reader in running:
                after = f"after={placed['position']}"
                orders = reader.call("GET", f"/customers/7/orders?{after}")[2]
                assert orders["orders"] == number + 1, orders
                assert orders["position"] >= placed["position"], orders
                revenue = reader.call("GET", f"/revenue?{after}")[2]
                assert revenue["gross"] == f"{number + 1}.0000", revenue
                stock = reader.call("GET", f"/stock?limit=1000&{after}")[2]["products"]
                assert [level["sold"] for level in stock] == [2] * (number + 1), stock
        assert running[0].call("GET", f"/stock?after={placed['position'] + 1000}")[0] == 504
        leads = 'eventcore_projection_leader{projection_name="daily_revenue"}'
        wait_until(lambda: sorted(shop.metric(leads) for shop in running) == [0, 1])
    assert server.sql("SELECT count(*) FROM eventcore_shop.revenue", "shared") == "1"
    # The one that leads is killed, and the other one takes over.
    leader = RunningShop(store, "--read-models", "postgres", "--lease", "1s")
    try:
        wait_until(lambda: leader.metric(leads) == 1)
        with running_shop(store, "--read-models", "postgres", "--lease", "1s") as heir:
            leader.process.kill()
            wait_until(lambda: heir.metric(leads) == 1)
            position = end_of_log(heir)
            assert heir.call("GET", f"/revenue?after={position}")[2]["orders"] == 20
    finally:
        leader.process.kill()
        leader.process.communicate()
    result = run("serve", "--store", "memory:", "--read-models", "postgres", "--listen",
                 "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", expect=2)
    assert "not in PostgreSQL" in result.stderr, result.stderr


def the_read_models_are_there_after_a_restart(store):
    with workspace() as folder:
        models = pathlib.Path(folder, "models")
        for _ in range(2):
            with running_shop(store, "--read-models", models) as shop:
                position = end_of_log(shop)
                for question in ("/revenue", "/stock", "/customers/7/orders"):
                    assert shop.call("GET", f"{question}?after={position}")[0] == 200
        before = contents(models)
        with running_shop(store, "--read-models", models) as shop:
            # At once, from the files.
            assert shop.call("GET", "/revenue")[2]["orders"] == 30
        assert contents(models) == before


def every_command_works(server):
    server.sql("CREATE DATABASE commands")
    store = server.uri("commands")
    result = run("report", "--store", store, expect=4)
    assert "schema" in result.stderr, result.stderr
    with workspace() as folder:
        out = run("demo", "--store", store, "--duration", "1s", "--rate", 20, "--listen",
                  "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", cwd=folder).stdout
        # Without --read-models they are in the working folder, named after the log.
        assert len(list(pathlib.Path(folder).glob("shop-read-models-*/daily_revenue.*.db"))) == 1
        assert ", 0 failures" in out, out
        with running_shop(store, "--read-models", folder) as shop:
            orders = report(store)["orders"]
            assert orders > 0
            run("load", "--url", shop.urls["shop"], "--rate", 50, "--duration", "1s")
            wait_until(lambda: report(store)["orders"] > orders)
    port = server.uri("commands").split("@")[1].split("/")[0]
    secret = f"postgres://somebody:secret-word@{port}/nowhere"
    result = run("report", "--store", secret, expect=4)
    assert "secret-word" not in result.stderr and "***" in result.stderr, result.stderr


if __name__ == "__main__":
    with PostgresServer() as postgres:
        every_command_works(postgres)
        url = whoever_wrote_reads_it_anywhere(postgres)
        the_read_models_are_there_after_a_restart(url)
        all_processes_share_the_read_models_in_the_database(postgres)
        processes_replay_parts_of_a_file(postgres, generate(7, invoices=400), "generated")
        if real_file() is None:
            print("SKIPPED: the real file is not here")
        else:
            processes_replay_parts_of_a_file(postgres, real_file().read_bytes(), "real")
