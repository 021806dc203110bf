"""`eventcore top`, in a pseudo-terminal whose screen is interpreted, and piped."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

import pyte

from metrics_page import MetricsPage, serve, serving
from tool import BAD_INPUT, DONE, STORE_UNUSABLE, TIMEOUT, TOOL, ToolTest, line

SHOP = os.environ.get("EVENTCORE_SHOP")
ALTERNATE, NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"


class Screen:
    """The tool in a terminal of its own."""

    def __init__(self, *args, columns=100, rows=30, **environment):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(columns, rows, tell=False)
        variables = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", **environment}
        self.process = subprocess.Popen(
            [TOOL, "top", *map(str, args)], stdin=self.slave, stdout=self.slave,
            stderr=subprocess.PIPE, env=variables, start_new_session=True)

    def resize(self, columns, rows, tell=True):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        if tell:  # it is no session leader's terminal, so nobody else does
            self.process.send_signal(signal.SIGWINCH)

    def read(self, seconds):
        """Interprets what has come; returns whether something has."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        data = os.read(self.master, 65536)
        self.output += data
        self.stream.feed(data)
        return True

    def text(self):
        return "\n".join(row.rstrip() for row in self.screen.display)

    def until(self, condition):
        """Reads until `condition(text)` holds, and returns the text."""
        deadline = time.monotonic() + TIMEOUT
        while not condition(self.text()):
            assert time.monotonic() < deadline, self.text()
            assert self.process.poll() is None, self.process.stderr.read()
            self.read(0.2)
        return self.text()

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        """Returns the exit code, once everything it wrote is read."""
        deadline = time.monotonic() + TIMEOUT
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text()
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.master)
        os.close(self.slave)


class Top(ToolTest):
    @contextlib.contextmanager
    def showing(self, *args, **options):
        screen = Screen(*args, **options)
        try:
            yield screen
        finally:
            screen.close()

    @contextlib.contextmanager
    def watching(self, page=None, **options):
        with serving(page or MetricsPage()) as url:
            with self.showing("--url", url, "--interval", "0.1", **options) as screen:
                screen.until(lambda text: "place_order" in text)
                yield screen

    def assert_restored(self, screen):
        self.assertEqual(screen.output.count(ALTERNATE), 1)
        self.assertTrue(screen.output.rstrip().endswith(NORMAL), screen.output[-80:])
        self.assertIn(b"\x1b[?25h", screen.output)
        self.assertEqual(termios.tcgetattr(screen.slave), screen.before)


class Screens(Top):
    def test_show_figures_and_tables(self):
        with self.watching() as screen:
            text = screen.until(lambda text: "▁" in text or "█" in text)
            for expected in ("eventcore top  http://127.0.0.1:", "commands/s", "p95 ms", "queue",
                             "committed", "revenue", "2.50 s", "memory MiB 50.0", "q quit"):
                self.assertIn(expected, text)
            # 100 commands every 0.1 s, if the machine keeps up.
            rate = float(next(row for row in text.splitlines() if row.startswith("commands/s")).split()[1])
            self.assertGreater(rate, 0)

    def test_fit_the_terminal(self):
        for columns, rows in ((200, 60), (80, 24), (40, 10), (20, 5), (3, 2)):
            with serving(MetricsPage()) as url:
                with self.showing("--url", url, "--interval", "0.1", columns=columns, rows=rows) as screen:
                    screen.until(lambda text: text.startswith("eventcore"[:columns - 1]))
                    if rows >= 24:
                        screen.until(lambda text: "revenue" in text)
                    screen.until(lambda text: text.splitlines()[-1].startswith("q quit"[:columns - 1]))
                    screen.press("q")
                    self.assertEqual(screen.end(), DONE)
                    self.assert_restored(screen)

    def test_follow_a_resize(self):
        with self.watching(columns=80, rows=24) as screen:
            screen.resize(120, 40)
            screen.until(lambda text: text.splitlines()[-1].startswith("q quit")
                         and len(text.splitlines()) == 40)
            screen.resize(50, 12)
            screen.until(lambda text: len(text.splitlines()) == 12
                         and text.splitlines()[-1].startswith("q quit"))

    def test_have_views_for_keys(self):
        with self.watching() as screen:
            screen.press("2")
            screen.until(lambda text: "COMMAND" in text and "TOTAL" in text and "PROJECTION" not in text)
            screen.press("3")
            text = screen.until(lambda text: "BEHIND" in text and "COMMAND" not in text)
            self.assertLess(text.index("revenue"), text.index("stock"), "the greatest lag is first")
            screen.press("r")
            screen.until(lambda text: 0 < text.find("stock") < text.find("revenue"))
            screen.press("r")
            screen.until(lambda text: 0 < text.find("revenue") < text.find("stock"))
            screen.press("s")
            screen.until(lambda text: "PROJECTIONv" in text)
            screen.press("\x1b[B\r")
            text = screen.until(lambda text: "position" in text)
            self.assertIn("stock", text)
            self.assertNotIn("revenue", text)
            screen.press("\x1b")
            screen.until(lambda text: "revenue" in text)
            screen.press("\t")
            screen.until(lambda text: "(no hot streams)" in text)
            screen.press("\t")
            screen.until(lambda text: "(no slow commands)" in text)

    def test_stand_still_while_paused(self):
        page = MetricsPage()
        with self.watching(page) as screen:
            screen.press("2p")
            text = screen.until(lambda text: "PAUSED" in text and "TOTAL" in text)
            looks = page.looks
            screen.until(lambda _: page.looks > looks + 3)
            self.assertEqual(screen.text(), text)
            screen.press("p")
            screen.until(lambda text: "PAUSED" not in text)

    def test_go_on_after_a_lost_connection(self):
        page = MetricsPage()
        server = serve(page)
        port = server.server_address[1]
        with self.showing("--url", f"http://127.0.0.1:{port}", "--interval", "0.1") as screen:
            screen.until(lambda text: "place_order" in text)
            page.answer = (503, "no")
            text = screen.until(lambda text: "NO CONNECTION" in text)
            self.assertIn("place_order", text, "what was seen last stays")
            page.answer = None
            page.restart()
            screen.until(lambda text: "NO CONNECTION" not in text)
        server.shutdown()
        server.server_close()

    def test_have_no_color_where_none_is_wanted(self):
        with self.watching(NO_COLOR="1") as screen:
            screen.press("3")
            screen.until(lambda text: "> " in text and "BEHIND" in text)
            for code in (b"\x1b[1m", b"\x1b[7m", b"\x1b[31m"):
                self.assertNotIn(code, screen.output)

    def test_use_ascii_where_nothing_else_is_spoken(self):
        with self.watching(LANG="C") as screen:
            screen.until(lambda text: "#" in text)
            self.assertTrue(screen.text().isascii())

    def test_leave_the_terminal_as_it_was(self):
        for end in ("q", "\x04", signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.watching() as screen:
                if isinstance(end, str):
                    screen.press(end)
                else:
                    screen.process.send_signal(end)
                self.assertEqual(screen.end(), DONE, end)
                self.assert_restored(screen)

    def test_show_a_store(self):
        self.init()
        self.append(*(line(f"order-{n}") for n in range(25)))
        with self.showing("--store", self.store, "--interval", "0.1") as screen:
            text = screen.until(lambda text: "events/s" in text)
            self.assertIn("head 25  streams 25", text)
            self.append(line("order-99"))
            screen.until(lambda text: "head 26  streams 26" in text)
            screen.press("q")
            self.assertEqual(screen.end(), DONE)


class Lines(Top):
    def test_are_printed_when_piped(self):
        page = MetricsPage()
        with serving(page) as url:
            out = self.succeed("top", "--url", url, "--interval", "0.1", "--count", 3)
            self.assertEqual(len(out.splitlines()), 3)
            for row in out.splitlines():
                self.assertRegex(row, r"^\d{4}-.*Z  commands/s \S+  events/s \S+  p50 \S+  p95 \S+  p99 "
                                      r"\S+ ms  errors 0.00 %  conflicts/s 0.00  queue 7  commit - ms  "
                                      r"lag 2.50 s \(revenue\)$")
            self.assertNotIn("\x1b", out)
            self.assertEqual(len(self.succeed("top", "--url", url, "--interval", "0.1", "--once")
                                 .splitlines()), 1)
            look = json.loads(self.succeed("top", "--url", url, "--interval", "0.1", "--once", "--json"))
            self.assertAlmostEqual(look["avg_latency_ms"], 2.04, delta=0.05)
            self.assertAlmostEqual(look["events_per_second"], 2 * look["commands_per_second"], 3)
            # All values are in the bucket from 1 to 2.5 ms, where they are taken to be spread evenly.
            self.assertAlmostEqual(look["p95_latency_ms"], 1 + 1.5 * 0.95, delta=0.02)
            self.assertEqual([p["name"] for p in look["projections"]], ["revenue", "stock"])

    def test_are_printed_on_a_dumb_terminal(self):
        with serving(MetricsPage()) as url:
            with self.showing("--url", url, "--interval", "0.1", columns=200, TERM="dumb") as screen:
                screen.until(lambda text: text.count("commands/s") >= 2)
                self.assertNotIn(b"\x1b", screen.output)
                screen.process.send_signal(signal.SIGTERM)
                self.assertEqual(screen.end(), DONE)

    def test_say_that_the_connection_is_lost_and_go_on(self):
        page = MetricsPage()
        with serving(page) as url:
            process = self.start_tool("top", "--url", url, "--interval", "0.1")
            process.stdout.readline()
            page.answer = (503, "no")
            self.assertIn("status 503", process.stderr.readline())
            page.answer = None
            page.restart()
            while "started anew" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT)
            self.assertEqual(process.returncode, DONE)

    def test_of_nobody_are_an_error(self):
        self.refuse(STORE_UNUSABLE, "top", "--url", "http://127.0.0.1:1", says=["http://127.0.0.1:1/metrics"])
        self.refuse(BAD_INPUT, "top", "--url", "nonsense", says=["no URL of a service"])
        self.refuse(BAD_INPUT, "top", says=["--url or --store"])
        self.refuse(STORE_UNUSABLE, "top", "--store", self.store, "--once")
        self.refuse(BAD_INPUT, "top", "--store", "memory:", "--interval", "0", says=["--interval"])

    def test_of_a_store(self):
        self.init()
        self.append(line("order-1"))
        out = self.succeed("top", "--store", self.store, "--interval", "0.1", "--once")
        self.assertRegex(out, r"events/s 0.00  head 1  streams 1$")


@unittest.skipIf(SHOP is None, "without eventcore-shop")
class OfALiveShop(Top):
    """Its console gives what no page of metrics has: hot streams, slow commands."""

    @contextlib.contextmanager
    def shop(self):
        process = subprocess.Popen(
            [SHOP, "demo", "--store", self.store, "--listen", "127.0.0.1:0", "--metrics-listen",
             "127.0.0.1:0", "--rate", "50", "--duration", "10m"], text=True, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            urls = dict(process.stdout.readline().split() for _ in range(3))
            yield urls["metrics"].removesuffix("/metrics")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT)

    def test_screens(self):
        with self.shop() as url, self.showing("--url", url, "--interval", "0.2") as screen:
            def works(text):
                rates = [row.split()[1] for row in text.splitlines() if row.startswith("commands/s")]
                return "place_order" in text and rates and rates[0] not in ("0.00", "-")
            text = screen.until(works)
            for projection in ("daily_revenue", "stock_levels"):
                self.assertIn(projection, text)
            screen.press("4")
            screen.until(lambda text: "product-" in text)
            screen.press("q")
            self.assertEqual(screen.end(), DONE)
            self.assert_restored(screen)

    def test_lines(self):
        with self.shop() as url:
            out = self.succeed("top", "--url", url, "--interval", "0.2", "--count", 3)
        self.assertEqual(len(out.splitlines()), 3)
        for row in out.splitlines():
            self.assertRegex(row, r"^\d{4}-.*Z  commands/s \S+  events/s \S+ ")


if __name__ == "__main__":
    unittest.main()
