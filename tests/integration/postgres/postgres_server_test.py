"""The servers that tests in Python use."""

import os
import pathlib
import subprocess
import sys
import unittest

from postgres_server import LIMIT, PostgresServer


class PostgresServerTest(unittest.TestCase):
    def test_keeps_what_is_committed_when_it_crashes(self):
        with PostgresServer() as server:
            server.sql("CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)")
            server.order("stop immediate")
            with self.assertRaises(AssertionError):
                server.sql("SELECT 1")
            server.order("start")
            self.assertEqual(server.sql("SELECT value FROM kept"), "7")

    def test_fails_over_to_the_standby(self):
        with PostgresServer(standby=True) as server:
            server.sql("CREATE TABLE kept (value int)", via="pair")
            server.order("fail over")
            self.assertEqual(server.sql("SELECT count(*) FROM kept", via="pair"), "0")
            self.assertEqual(server.sql("SHOW cluster_name", via="pair"), "standby")
            self.assertRegex(server.uri(via="pair"),
                             r"^postgres://postgres@127\.0\.0\.1:\d+,127\.0\.0\.1:\d+/postgres\?"
                             "target_session_attrs=read-write&connect_timeout=2$")

    def test_stands_behind_a_pooler(self):
        with PostgresServer(pgbouncer=True, settings=["work_mem=5MB"]) as server:
            self.assertEqual(server.sql("SHOW work_mem", via="pgbouncer"), "5MB")
            server.order("restart pgbouncer")
            self.assertEqual(server.sql("SELECT 1", via="pgbouncer"), "1")

    def test_refuses_orders_that_it_does_not_know(self):
        with PostgresServer() as server:
            with self.assertRaisesRegex(AssertionError, "unknown order dance"):
                server.order("dance")
            with self.assertRaisesRegex(AssertionError, "unknown order fail over"):
                server.order("fail over")  # there is no standby
            self.assertEqual(server.sql("SELECT 1"), "1")

    def test_leaves_nothing_behind_when_its_process_is_killed(self):
        code = ("import os, signal; from postgres_server import PostgresServer; "
                "print(PostgresServer().log, flush=True); os.kill(os.getpid(), signal.SIGKILL)")
        result = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True,
                                timeout=LIMIT, check=False, cwd=pathlib.Path(__file__).parent,
                                env=os.environ)
        self.assertEqual(result.returncode, -9, result.stderr)
        # The output ends when the last who could write to it has: the program with its server.
        self.assertFalse(pathlib.Path(result.stdout.strip()).exists())


if __name__ == "__main__":
    unittest.main()
