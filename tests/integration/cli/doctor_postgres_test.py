"""`eventcore doctor` on PostgreSQL: what it finds on SQLite, and what only a server suffers from."""

import contextlib
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "postgres"))

# pylint: disable=wrong-import-position
from patient import LIMIT, DoctorTest, ill  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402


class Session:
    """psql with a transaction that stays open."""

    def __init__(self, server, *statements):
        self.process = subprocess.Popen(
            ["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1",
             f"{server.server} dbname=postgres application_name=forgotten"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for statement in ("BEGIN", *statements, "SELECT pg_backend_pid()"):
            self.process.stdin.write(statement + ";\n")
        self.process.stdin.flush()
        self.pid = int(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(LIMIT)
        self.process.stdout.close()


@contextlib.contextmanager
def session(server, *statements):
    opened = Session(server, *statements)
    try:
        yield opened
    finally:
        opened.end()


class OnPostgres(DoctorTest):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(PostgresServer()) if hasattr(
            cls, "enterClassContext") else PostgresServer()
        if not hasattr(cls, "enterClassContext"):
            cls.addClassCleanup(cls.server.close)
        cls.number = 0

    def setUp(self):
        super().setUp()
        type(self).number += 1
        self.schema = f"shop{self.number}"
        uri = self.server.uri()
        self.store = f"{uri}{'&' if '?' in uri else '?'}schema={self.schema}"
        self.init()

    def test_healthy(self):
        self.healthy_at_work(20)
        self.healthy(self.examine("--store", self.store, "--deep"))

    def test_faulted_projection(self):
        with ill(self.store) as patient:
            patient.order("poison")
            patient.wait_for_state("faulted")
            report = self.examine("--store", self.store, "--url", patient.url, "--interval", 0.2)
            self.finding(report, "projection-faulted", "orders")
            patient.order("cure")
            report = self.examine("--store", self.store, "--url", patient.url, "--interval", 0.2,
                                  "--fix", "--yes", stderr=None)
            self.assertEqual([each["succeeded"] for each in report["actions"]], [True])
            patient.wait_for_checkpoint(1)

    def test_dead_letters(self):
        with ill(self.store, then="park") as patient:
            patient.order("poison")
            patient.wait_for_checkpoint(1)
            finding = self.finding(self.examine("--store", self.store), "dead-letters", "orders")
            self.assertIn("position 1, poison on order-1", finding["evidence"][1])

    def test_stale_lease(self):
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(1)
            patient.kill()
        self.finding(self.examine("--store", self.store), "lease-stale", "orders")
        report = self.examine("--store", self.store, "--fix", "--yes", stderr=None)
        self.healthy(report)
        self.assertEqual([each["action"] for each in report["actions"]], ["drop-lease"])

    def test_checkpoint_beyond_head(self):
        with ill(self.store) as patient:
            patient.order("append 2 order-1")
            patient.wait_for_checkpoint(2)
        self.server.sql(f"UPDATE {self.schema}.projections SET position = 7")
        self.finding(self.examine("--store", self.store), "checkpoint-beyond-head", "orders")

    def test_transaction_that_is_open_for_long(self):
        with session(self.server) as forgotten:
            report = self.eventually(lambda: self.impatiently("--store", self.store),
                                     "long-transaction", f"session {forgotten.pid}")
            finding = self.finding(report, "long-transaction", f"session {forgotten.pid}")
            self.assertIn("forgotten", finding["culprit"])
            self.assertIn("idle in transaction", finding["evidence"][0])
            self.assertEqual(finding["alert"], "LongBlockingTransaction")
        self.healthy(self.impatiently("--store", self.store))

    def test_transaction_that_blocks_appends_and_an_exhausted_pool(self):
        with ill(self.store) as patient:
            patient.order("append 2 order-1")
            patient.wait_for_checkpoint(2)
            lock = f"LOCK TABLE {self.schema}.events IN ACCESS EXCLUSIVE MODE"
            with session(self.server, lock) as forgotten:
                patient.order("load")
                patient.order("read 12")
                patient.wait_for('eventcore_connection_pool_pending_requests{pool="readers"}',
                                 lambda value: value > 0)
                report = self.impatiently("--store", self.store, "--url", patient.url,
                                          "--interval", 1,
                                          "--alert", "DatabaseConnectionPoolExhausted")
                self.finding(report, "blocking-transaction", f"session {forgotten.pid}",
                             alone=False)
                finding = self.finding(report, "pool-exhausted", "pool readers", alone=False)
                self.assertIn("requests wait", finding["evidence"][0])

    def test_connections_that_are_all_taken(self):
        limits = self.file("limits.yaml", "pool_in_use: 0.001\n")
        report = self.examine("--store", self.store, "--thresholds", limits)
        self.finding(report, "connections-exhausted", "postgres")

    def test_server_that_is_gone(self):
        with PostgresServer() as server:
            uri = server.uri()
            self.succeed("init", "--store", uri)
            with ill(uri) as patient:
                patient.order("append 1 order-1")
                patient.wait_for_checkpoint(1)
                server.order("stop immediate")
                # It notices when it next asks.
                patient.wait_for("eventcore_projection_lag_seconds{projection_name=\"orders\"}",
                                 lambda _: True)
                self.finding(self.examine("--store", uri), "store-unavailable")
                server.order("start")


class SlowCommits(DoctorTest):
    def test_of_a_server_that_syncs_slowly(self):
        settings = ("commit_delay=100000", "commit_siblings=0")
        with PostgresServer(durable=True, settings=settings) as server:
            self.succeed("init", "--store", server.uri())
            with ill(server.uri()) as patient:
                patient.order("load")
                report = self.examine("--url", patient.url, "--interval", 3)
                patient.order("rest")
        finding = self.finding(report, "commits-slow", "fsync", alone=False)
        self.assertEqual(finding["alert"], "CommitSlow")


if __name__ == "__main__":
    unittest.main()
