"""`eventcore doctor` on figures of a process that no test can wait for or bring about.

The page is that of a real process, with some values replaced: disks that fill up, clocks that are
wrong, collectors that hang. Telemetry is really lost, by a shop that sends it to nobody.
"""

import os
import re
import subprocess
import time
import unittest

from metrics_page import serving
from patient import LIMIT, DoctorTest, ill

SHOP = os.environ.get("EVENTCORE_SHOP")


class Page:
    """What a process showed, with values of its own. Each look finds the next of a list."""

    def __init__(self, text, **values):
        self.looks = 0
        self.values = values
        self.page = text
        self.answer = None

    def text(self):
        text, look = self.page, self.looks
        self.looks += 1
        for name, value in self.values.items():
            if isinstance(value, (list, tuple)):
                value = value[min(look, len(value) - 1)]
            text, found = re.subn(rf"(?m)^({name}(?:{{[^}}]*}})?) \S+$", rf"\g<1> {value}", text)
            assert found, f"the process has no {name}"
        return text


class FiguresOfAProcess(DoctorTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = None

    def setUp(self):
        super().setUp()
        if type(self).page is None:
            with ill(self.store) as patient:
                patient.order("append 5 order-1")
                patient.wait_for_checkpoint(5)
                patient.wait_for("eventcore_store_disk_free_bytes", lambda value: value > 0)
                self.succeed("backup", "--store", self.store, self.folder / "all.ecb")
                patient.wait_for('eventcore_store_care_age_seconds{task="backup"}', lambda _: True)
                type(self).page = patient.page()

    def examine_with(self, *arguments, more="", **values):
        with serving(Page(self.page + more, **values)) as url:
            return self.examine("--url", url, "--interval", 0.2, *arguments)

    def test_as_they_were_are_healthy(self):
        self.healthy(self.examine_with())

    def test_full_disk(self):
        finding = self.finding(
            self.examine_with(eventcore_store_disk_size_bytes=100e9,
                              eventcore_store_disk_free_bytes=3e9), "disk-filling")
        self.assertEqual((finding["severity"], finding["alert"]), ("critical", "StoreDiskFilling"))
        self.assertIn("2.8 GiB of 93.1 GiB are free, 3.0 %", finding["evidence"])

    def test_canary_that_nobody_sees(self):
        page = """
eventcore_canary_failures_total{stage="append"} 2
eventcore_canary_failures_total{stage="visible"} 0
eventcore_canary_period_seconds 60
eventcore_canary_last_success_timestamp_seconds """
        finding = self.finding(self.examine_with(more=f"{page}{time.time() - 600:.3f}\n"),
                               "canary-unseen")
        self.assertEqual((finding["severity"], finding["alert"]), ("critical", "CanaryFailing"))
        self.assertIn("last seen 10 min ago, one is due every 60 s", finding["evidence"])
        self.assertIn("2 did not get to the stage append", finding["evidence"])
        self.healthy(self.examine_with(more=f"{page}{time.time() - 100:.3f}\n"))

    def test_transaction_that_blocks(self):
        more = "eventcore_store_blocking_transaction_age_seconds 90\n"
        finding = self.finding(self.examine_with(more=more), "blocking-transaction")
        self.assertEqual(finding["alert"], "LongBlockingTransaction")
        self.assertIn("it has held a lock that appends need for 90 s", finding["evidence"])

    def test_clock_that_was_ahead(self):
        ahead = int(time.time()) + 600
        self.finding(self.examine_with(eventcore_store_last_append_timestamp_seconds=ahead),
                     "clock-jump", "127.0.0.1")

    def test_commits_that_are_slow(self):
        # The page has one commit for each of its events; the next look finds 30 slow ones more.
        page = Page(self.page)
        slow = self.page
        for bound in ("0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"):
            slow = re.sub(rf'(?m)^(eventcore_commit_seconds_bucket{{le="{re.escape(bound)}"}}) (\d+)$',
                          lambda found: f"{found[1]} {int(found[2]) + 30}", slow)
        pages = [self.page, slow]
        page.text = lambda: pages.pop(0) if len(pages) > 1 else pages[0]
        with serving(page) as url:
            report = self.examine("--url", url, "--interval", 0.2)
        finding = self.finding(report, "commits-slow", "the disk of the store (fsync)")
        self.assertIn("30 commits", finding["evidence"][0])

    def test_integrity(self):
        more = "eventcore_store_verify_findings 2\n"
        self.finding(self.examine_with(more=more), "integrity-violation")

    def test_restores_that_nobody_tries(self):
        more = 'eventcore_store_care_age_seconds{task="restore"} 4000000\n'
        self.finding(self.examine_with(more=more), "restore-untried")

    def test_old_figures(self):
        more = 'eventcore_metrics_collector_age_seconds{collector="care"} 900\n'
        page = re.sub(r'(?m)^eventcore_metrics_collector_age_seconds{collector="care"} .*\n', "",
                      self.page)
        with serving(Page(page + more)) as url:
            report = self.examine("--url", url, "--interval", 0.2)
        self.finding(report, "figures-old", "collector care")

    def test_store_that_is_down(self):
        self.finding(self.examine_with(eventcore_store_up=0), "store-unavailable")

    def test_skipped_events(self):
        report = self.examine_with(eventcore_projection_skipped_total=1)
        finding = self.finding(report, "events-skipped", "orders", alone=False)
        self.assertEqual(finding["severity"], "info")

    def test_rebuild_that_is_slow(self):
        more = 'eventcore_projection_rebuild_eta_seconds{projection_name="orders"} 40000\n'
        self.finding(self.examine_with(more=more, eventcore_projection_rebuild_running=1),
                     "rebuild-slow", "orders")

    def test_two_leaders(self):
        with serving(Page(self.page)) as one, serving(Page(self.page)) as other:
            report = self.examine("--url", one, "--url", other, "--interval", 0.2)
        self.finding(report, "projection-two-leaders", "orders")

    def test_restart_in_between(self):
        started = int(time.time()) - 100
        report = self.examine_with(process_start_time_seconds=(started, started + 50))
        self.finding(report, "process-restarted", "127.0.0.1")

    def test_command_errors(self):
        base = ('eventcore_commands_total{{command_type="place_order"}} {0}\n'
                'eventcore_command_outcomes_total{{command_type="place_order",outcome="committed"}} {1}\n'
                'eventcore_command_outcomes_total{{command_type="place_order",outcome="in_doubt"}} {2}\n')
        pages = [self.page + base.format(0, 0, 0), self.page + base.format(100, 80, 20)]
        page = Page("")
        page.text = lambda: pages.pop(0) if len(pages) > 1 else pages[0]
        with serving(page) as url:
            report = self.examine("--url", url, "--interval", 0.2)
        finding = self.finding(report, "commands-fail", "place_order, most with in_doubt")
        self.assertIn("20 of 100 failed, 20 %", finding["evidence"])


@unittest.skipIf(SHOP is None, "without eventcore-shop")
class LostTelemetry(DoctorTest):
    def test_of_a_collector_that_nobody_runs(self):
        environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
                                    "OTEL_BSP_MAX_QUEUE_SIZE": "8",
                                    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8",
                                    "OTEL_TRACES_SAMPLER": "always_on"}
        process = subprocess.Popen(
            [SHOP, "demo", "--store", self.store, "--listen", "127.0.0.1:0", "--metrics-listen",
             "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment)
        try:
            url = None
            for text in process.stdout:
                if text.startswith("metrics"):
                    url = text.split()[1]
                    break
            self.assertIsNotNone(url)
            report = self.eventually(
                lambda: self.examine("--url", url, "--interval", 1, "--alert", "TelemetryDropping"),
                "telemetry-dropped")
            finding = self.finding(report, "telemetry-dropped", "traces", alone=False)
            self.assertEqual(finding["severity"], "warning")
            self.finding(report, "collector-unreachable", "traces", alone=False)
        finally:
            process.terminate()
            process.wait(LIMIT)
            process.stdout.close()


if __name__ == "__main__":
    unittest.main()
