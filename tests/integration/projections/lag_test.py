"""The metrics of a projection that two processes share, as those who scrape them see them.

The processes are projecting_process.cpp's.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

INTEGRATION = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "postgres")]

# pylint: disable=wrong-import-position
from obedient_process import LIMIT, ObedientProcess, obeying  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402

PROGRAM = os.environ["EVENTCORE_PROJECTING_PROCESS"]
PROMTOOL = os.environ.get("EVENTCORE_PROMTOOL")
LEASE = 6  # seconds; renewed every third of it, so two thirds of it are left at least
STATES = ("starting", "running", "caught_up", "replaying", "retrying", "paused", "faulted",
          "stopped")


class Page:
    """What one scrape saw of the projection."""

    def __init__(self, text, seconds):
        self.text = text
        self.seconds = seconds  # that it took
        self.states = {state: self.value("state", f',state="{state}"') for state in STATES}

    def value(self, family, more=""):
        """None if there is no such series."""
        name = f'eventcore_projection_{family}{{projection_name="counted"{more}}}'
        found = re.search("^" + re.escape(name) + r" (\S+)$", self.text, re.MULTILINE)
        return float(found[1]) if found else None


class Process(ObedientProcess):
    def __init__(self, store):
        super().__init__(PROGRAM, store, LEASE * 1000)

    def append(self, count):
        for _ in range(count):
            self.order("append")

    def scrape(self):
        began = time.monotonic()
        text = self.page()
        page = Page(text, time.monotonic() - began)
        assert sum(page.states.values()) == 1, page.states
        return page

    def scrape_until(self, condition):
        """Returns the pages up to the first for which `condition` holds."""
        end = time.monotonic() + LIMIT
        pages = [self.scrape()]
        while not condition(pages[-1]):
            assert time.monotonic() < end, pages[-1].text
            time.sleep(0.05)
            pages.append(self.scrape())
        return pages


def running(store):
    return obeying(Process(store))


class ProjectionLag(unittest.TestCase):
    def lag_grows_until_another_takes_over(self, store):
        with running(store) as leader:
            leader.scrape_until(lambda page: page.value("leader") == 1)
            with running(store) as other:
                leader.append(5)
                page = other.scrape_until(lambda page: page.value("checkpoint_position") == 5)[-1]
                self.assertEqual(page.value("leader"), 0)
                self.assertEqual(page.value("lag_seconds"), 0)
                self.assertEqual(page.value("lag_events"), 0)
                self.assertEqual(page.value("head_position"), 5)
                self.assertEqual(page.value("events_processed_total"), 0, "the leader's work")
                self.assertEqual(leader.scrape().value("events_processed_total"), 5)

                leader.kill()
                other.append(3)
                pages = other.scrape_until(lambda page: page.value("leader") == 1)
                waiting = [page for page in pages
                           if page.value("leader") == 0 and page.value("lag_events") == 3]
                lags = [page.value("lag_seconds") for page in waiting]
                self.assertEqual(lags, sorted(lags))
                self.assertGreater(lags[-1], LEASE / 3)
                self.assertGreater(len(set(lags)), 10, "it grows between looks at the store too")
                self.assertTrue(all(page.states["starting"] == 1 for page in waiting))
                other.scrape_until(lambda page: page.value("lag_seconds") == 0
                                   and page.value("checkpoint_position") == 8
                                   and page.states["caught_up"] == 1)
                page = other.scrape()
                self.assertEqual(page.value("events_processed_total"), 3)
                self.promtool_accepts(page)

    def promtool_accepts(self, page):
        if PROMTOOL is None:
            return
        result = subprocess.run([PROMTOOL, "check", "metrics"], input=page.text, text=True,
                                capture_output=True, timeout=LIMIT, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_grows_on_sqlite_while_the_leader_is_dead(self):
        with tempfile.TemporaryDirectory() as folder:
            self.lag_grows_until_another_takes_over(f"sqlite:{folder}/store.db")

    def test_grows_on_postgres_while_the_leader_is_dead(self):
        with PostgresServer() as server:
            self.lag_grows_until_another_takes_over(server.uri())

    def test_grows_while_the_server_hangs_and_no_scrape_waits_for_it(self):
        with PostgresServer() as server, running(server.uri()) as process:
            process.scrape_until(lambda page: page.value("leader") == 1)
            process.order("pause")
            process.scrape_until(lambda page: page.states["paused"] == 1)
            process.append(1)
            process.scrape_until(lambda page: page.value("lag_events") == 1)
            server.order("pause")
            try:
                pages = process.scrape_until(lambda page: page.value("lag_seconds") > 4)
            finally:
                server.order("resume")
            lags = [page.value("lag_seconds") for page in pages]
            self.assertEqual(lags, sorted(lags))
            self.assertGreater(len(set(lags)), 3)
            self.assertLess(max(page.seconds for page in pages), 2)
            process.order("resume")
            process.scrape_until(lambda page: page.value("lag_seconds") == 0)


if __name__ == "__main__":
    unittest.main()
