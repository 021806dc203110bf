"""A process that falls ill when it is told to (patient.cpp), and the doctor that examines it."""

import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from obedient_process import LIMIT, ObedientProcess, obeying  # noqa: E402
from tool import DONE, FAILED, ToolTest

PROGRAM = os.environ["EVENTCORE_PATIENT"]

# A machine under load is slow, and nothing is wrong with the store.
PATIENT = """commit_p99: 9
read_p99: 9
queue_wait_p99: 9
command_p95: 9
"""
# Ages that a test can wait for.
IMPATIENT = PATIENT + """projection_idle: 1s
projection_loop: 1s
projection_lag: 2s
leader_for: 1s
blocking_age: 0.2
"""


class Patient(ObedientProcess):
    def __init__(self, store, then="stop", clock_offset=0):
        super().__init__(PROGRAM, store, then, clock_offset)
        self.url = f"http://127.0.0.1:{self.port}"

    def value(self, series):
        found = re.search("^" + re.escape(series) + r" (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else None

    def wait_for(self, series, wanted):
        """Returns once the series has a value that `wanted` accepts."""
        end = time.monotonic() + LIMIT
        while (value := self.value(series)) is None or not wanted(value):
            assert time.monotonic() < end, f"{series} is {value}"
            time.sleep(0.02)

    def wait_for_state(self, state):
        self.wait_for(f'eventcore_projection_state{{projection_name="orders",state="{state}"}}',
                      lambda value: value == 1)

    def wait_for_checkpoint(self, position):
        self.wait_for('eventcore_projection_checkpoint_position{projection_name="orders"}',
                      lambda value: value >= position)


def ill(store, **options):
    """A patient, which must end well unless it is killed."""
    return obeying(Patient(store, **options))


class DoctorTest(ToolTest):
    """A test that has a store examined."""

    def setUp(self):
        super().setUp()
        self.impatient = self.file("thresholds.yaml", IMPATIENT)
        self.patient = self.file("patient.yaml", PATIENT)

    def examine(self, *arguments, code=None, stderr=""):
        """Runs the doctor and returns its report."""
        result = self.run_tool("doctor", "--json", *arguments)
        report = json.loads(result.stdout) if result.stdout else None
        wanted = code if code is not None else FAILED if report["findings"] else DONE
        self.assertEqual(result.returncode, wanted, result.stdout + result.stderr)
        if stderr is not None:
            self.assertEqual(result.stderr, stderr)
        return report

    def patiently(self, *arguments, **options):
        return self.examine("--thresholds", self.patient, *arguments, **options)

    def impatiently(self, *arguments, **options):
        return self.examine("--thresholds", self.impatient, *arguments, **options)

    def healthy(self, report):
        self.assertEqual((report["healthy"], report["findings"]), (True, []))

    def healthy_at_work(self, events):
        """A patient that is not ill is healthy, with and without its store."""
        with ill(self.store) as patient:
            patient.order(f"append {events} order-1")
            patient.order("load")
            patient.wait_for_checkpoint(events)
            self.healthy(self.patiently("--store", self.store, "--url", patient.url,
                                        "--interval", 1))
            self.healthy(self.patiently("--url", patient.url, "--interval", 1))

    def pause_with_events(self, patient):
        """Pauses the projection, and leaves it an event to do."""
        patient.order("append 1 order-1")
        patient.wait_for_checkpoint(1)
        self.succeed("projections", "pause", "--store", self.store, "orders")
        patient.wait_for_state("paused")
        patient.order("append 1 order-1")

    def finding(self, report, name, culprit="", alone=True):
        """Returns the finding of that id, which has to be the only one, and to name `culprit`."""
        ids = [finding["id"] for finding in report["findings"]]
        if alone:
            self.assertEqual(ids, [name], report)
        self.assertIn(name, ids, report)
        finding = next(each for each in report["findings"] if each["id"] == name
                       and culprit in (each["culprit"] or ""))
        self.assertTrue(finding["evidence"], finding)
        self.assertTrue(finding["runbook"], finding)
        self.assertTrue(finding["next"], finding)
        return finding

    def eventually(self, examine, name, culprit=""):
        """Examines until there is a finding of that id and culprit, and returns the report."""
        end = time.monotonic() + LIMIT
        while True:
            report = examine()
            if any(finding["id"] == name and culprit in (finding["culprit"] or "")
                   for finding in report["findings"]):
                return report
            self.assertLess(time.monotonic(), end, report)
