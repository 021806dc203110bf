"""`eventcore baseline`."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from metrics_page import MetricsPage, serving
from tool import BAD_INPUT, DONE, FAILED, STORE_UNUSABLE, TOOL, ToolTest

BURN = os.environ["EVENTCORE_BURN_CPU"]


class Commands(ToolTest):
    def compare(self, first, second, *options):
        """Compares two commands; returns the exit code and the comparison."""
        result = self.run_tool("baseline", "compare", "--first", first, "--second", second, "--json",
                               *options)
        self.assertEqual(result.stderr, "")
        return result.returncode, json.loads(result.stdout)

    def measure(self, comparison, name):
        return next(m for m in comparison["measures"] if m["measure"] == name)

    def test_finds_a_tenth_more_cpu(self):
        code, comparison = self.compare(f"{BURN} ms 30", f"{BURN} ms 30 0.1")
        self.assertEqual((code, comparison["verdict"]), (FAILED, "worse"), comparison)
        cpu = self.measure(comparison, "cpu_ms")
        self.assertEqual(cpu["verdict"], "worse")
        self.assertAlmostEqual(cpu["change"], 0.1, delta=0.03)
        self.assertLess(cpu["change_low"], cpu["change"] + 1e-9)
        self.assertEqual((cpu["samples_before"], cpu["samples_after"]), (20, 20))
        self.assertIn("worse: ", comparison["summary"])

    def test_passes_the_same_twice(self):
        # Wall time is the machine's, which others use too: at 50 % it does not matter.
        code, comparison = self.compare(f"{BURN} ms 20", f"{BURN} ms 20", "--threshold", "50%")
        self.assertEqual((code, comparison["verdict"]), (DONE, "same"), comparison)
        self.assertLess(abs(self.measure(comparison, "cpu_ms")["change"]), 0.05)

    def test_is_content_with_better(self):
        code, comparison = self.compare(f"{BURN} ms 30 0.5", f"{BURN} ms 30")
        self.assertEqual((code, self.measure(comparison, "cpu_ms")["verdict"]), (DONE, "better"))

    def test_compares_a_number_that_is_printed(self):
        for options, verdict in (((), "worse"), (("--more-is-better",), "better")):
            _, comparison = self.compare("echo rate: 100 ops", "echo rate: 120 ops",
                                         "--number", "rate: ([0-9.]+)", "--threshold", "10", *options)
            number = self.measure(comparison, "number")
            self.assertEqual((number["verdict"], number["before"], number["after"]),
                             (verdict, 100, 120))

    def test_runs_in_turn_after_a_run_that_does_not_count(self):
        log = self.folder / "log"
        self.compare(f"echo A >>{log}", f"echo B >>{log}", "--rounds", "10", "--threshold", "900")
        self.assertEqual("".join(log.read_text().split()), "AB" + "ABBA" * 5)

    def test_counts_the_cpu_of_children(self):
        code, comparison = self.compare(f"{BURN} ms 5; true", f"{BURN} ms 5; {BURN} ms 20; true")
        self.assertEqual(code, FAILED)
        self.assertGreater(self.measure(comparison, "cpu_ms")["after"], 20)

    def test_refuses_what_is_no_comparison(self):
        self.refuse(BAD_INPUT, "baseline", "compare", says=["two files"])
        self.refuse(BAD_INPUT, "baseline", "compare", "--first", "true", says=["go together"])
        self.refuse(BAD_INPUT, "baseline", "compare", "a.json", "--first", "true", "--second", "true",
                    says=["with each other"])
        two = ("baseline", "compare", "--first", "true", "--second", "true")
        self.refuse(BAD_INPUT, *two, "--rounds", "3", says=["fewer than 9 rounds"])
        self.refuse(BAD_INPUT, *two, "--threshold", "much", says=["threshold is a percentage"])
        self.refuse(BAD_INPUT, *two, "--confidence", "100%", says=["confidence is a percentage"])
        self.refuse(BAD_INPUT, *two, "--number", "([0-9]+)", says=["no line of the output has it"])
        self.refuse(BAD_INPUT, *two, "--number", "(", says=["no regular expression"])

    def test_refuses_a_command_that_fails(self):
        for command, says in (("exit 7", "exit code 7"), ("kill -9 $$", "signal 9"),
                              ("no-such-program-at-all 2>/dev/null", "exit code 127")):
            self.refuse(BAD_INPUT, "baseline", "compare", "--first", "true", "--second", command,
                        says=[says])

    def test_ends_the_command_when_it_is_stopped(self):
        pid_file = self.folder / "pid"
        process = self.start_tool("baseline", "compare", "--first",
                                  f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; sleep 600; true",
                                  "--second", "true")
        deadline = time.monotonic() + 60
        while not pid_file.exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, BAD_INPUT)
        self.assertIn("stopped", err)
        while self.at_work(int(pid_file.read_text())):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    @staticmethod
    def at_work(group):
        """Returns whether a process of `group` runs; one that nobody has waited for does not."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(its_group) == group and state not in "ZX":
                return True
        return False

    def test_shows_a_table_for_people(self):
        result = self.run_tool("baseline", "compare", "--first", f"{BURN} ms 5", "--second",
                               f"{BURN} ms 15", "--rounds", "12")
        self.assertEqual(result.returncode, FAILED, result.stderr)
        for text in ("MEASURE", "99.5 % SURE", "cpu_ms", "worse: "):
            self.assertIn(text, result.stdout)


class Files(ToolTest):
    def record(self, name, milliseconds):
        path = self.folder / name
        self.succeed("baseline", "record", "--command", f"{BURN} ms {milliseconds}", "--rounds", "12",
                     path)
        return path

    def test_are_recorded_compared_and_listed(self):
        fast, slow = self.record("fast.json", 5), self.record("slow.json", 15)
        content = json.loads(fast.read_text())
        self.assertEqual((content["eventcore-baseline"], content["name"], content["interval_ns"]),
                         (1, "fast", 0))
        self.assertEqual([m["name"] for m in content["measures"]], ["cpu_ms", "wall_ms"])
        self.assertTrue(all(len(m["samples"]) == 12 for m in content["measures"]))
        self.assertEqual(self.run_tool("baseline", "compare", fast, slow).returncode, FAILED)
        self.assertEqual(self.run_tool("baseline", "compare", slow, fast).returncode, DONE)
        self.assertEqual(self.run_tool("baseline", "compare", fast, fast).returncode, DONE)
        (self.folder / "other.json").write_text("{}")
        listed = self.objects("baseline", "list", self.folder)
        self.assertEqual([entry["name"] for entry in listed], ["fast", "slow"])
        self.assertGreaterEqual(listed[1]["medians"]["cpu_ms"], 15)
        self.assertIn("fast.json", self.succeed("baseline", "list", self.folder))

    def test_that_are_wrong_are_refused(self):
        good = self.record("good.json", 1)
        bad = self.file("bad.json", good.read_text()[:50])
        newer = self.file("newer.json", good.read_text().replace('baseline":1', 'baseline":2'))
        self.refuse(BAD_INPUT, "baseline", "compare", good, bad, says=["bad.json", "cut off"])
        self.refuse(BAD_INPUT, "baseline", "compare", good, newer, says=["version 2"])
        self.refuse(BAD_INPUT, "baseline", "compare", good, self.folder / "none.json",
                    says=["no such file"])
        self.refuse(BAD_INPUT, "baseline", "list", bad, says=["cut off"])
        self.refuse(BAD_INPUT, "baseline", "record", "--command", "true", "--rounds", "1",
                    self.folder / "nowhere" / "a.json", says=["can't write"])
        self.refuse(BAD_INPUT, "baseline", "record", good, says=["--url or --command"])

    def test_too_few_samples_are_no_result(self):
        few = self.folder / "few.json"
        self.succeed("baseline", "record", "--command", "true", "--rounds", "2", few)
        result = self.run_tool("baseline", "compare", few, few)
        self.assertEqual(result.returncode, BAD_INPUT)
        self.assertIn("too few samples", result.stdout)


class Services(ToolTest):
    FAST = ("--interval", "0.1", "--count", "20")

    def test_are_recorded_and_compared(self):
        path = self.folder / "shop.json"
        page = MetricsPage()
        with serving(page) as url:
            self.succeed("baseline", "record", "--url", url, *self.FAST, path)
            content = json.loads(path.read_text())
            self.assertEqual((content["source"], content["interval_ns"]), (f"{url}/metrics", 10**8))
            samples = {m["name"]: m["samples"] for m in content["measures"]}
            self.assertEqual(len(samples["avg_latency_ms"]), 20)
            self.assertAlmostEqual(sum(samples["avg_latency_ms"]) / 20, 2.04, delta=0.03)
            self.assertAlmostEqual(sum(samples["cpu_ms_per_command"]) / 20, 0.505, delta=0.01)
            self.assertEqual(samples["error_ratio"], [0] * 20)
            compare = ("baseline", "compare", path, "--url", url, *self.FAST)
            self.assertEqual(self.run_tool(*compare).returncode, DONE)
            page.cpu *= 1.1
            worse = self.run_tool(*compare, "--json")
            self.assertEqual(worse.returncode, FAILED, worse.stdout)
            verdicts = {m["measure"]: m["verdict"] for m in json.loads(worse.stdout)["measures"]}
            self.assertEqual(verdicts["cpu_ms_per_command"], "worse")
            self.assertEqual(verdicts["avg_latency_ms"], "same")
            self.assertEqual(verdicts["commands_per_second"], "not_judged")

    def test_that_are_idle_give_no_baseline(self):
        with serving(MetricsPage(commands=0)) as url:
            self.refuse(BAD_INPUT, "baseline", "record", "--url", url, "--interval", "0.1", "--count", "8",
                        self.folder / "a.json", says=["no command ran"])
        self.assertFalse((self.folder / "a.json").exists())

    def test_that_do_not_answer_are_named(self):
        record = ("baseline", "record", self.folder / "a.json", "--url")
        self.refuse(STORE_UNUSABLE, *record, "http://127.0.0.1:1", says=["http://127.0.0.1:1/metrics"])
        for bad in ("127.0.0.1:9464", "ftp://127.0.0.1", "http://", "nonsense"):
            self.refuse(BAD_INPUT, *record, bad, says=["no URL of a service"])
        page = MetricsPage()
        with serving(page) as url:
            for answer, says in (((503, "no"), "status 503"), ((401, "no"), "EVENTCORE_TOKEN"),
                                 ((200, "<html>"), "line 1"), ((200, "other 1\n"), "no metric")):
                page.answer = answer
                self.refuse(STORE_UNUSABLE, *record, url, says=[says])


if __name__ == "__main__":
    unittest.main()
