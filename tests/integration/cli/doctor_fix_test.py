"""`eventcore doctor --fix`: shows what it would do, asks, does it, says so, and looks again."""

import os
import pty
import select
import sqlite3
import subprocess
import time
import unittest

from patient import LIMIT, DoctorTest, ill
from tool import TOOL, line

RECORD = r"^\d{4}-\d\d-\d\dT[\d:.]+Z \S+@\S+ "


class FixTest(DoctorTest):
    def state(self, name="orders"):
        return self.objects("projections", "status", "--store", self.store, name)[0]

    def dry_run(self, says):
        """Shows the plan, and does nothing."""
        result = self.run_tool("doctor", "--store", self.store, "--fix", "--thresholds",
                               self.impatient)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("--fix would\n  " + says, result.stdout)
        self.assertIn("nothing was done", result.stdout)
        self.assertEqual(result.stderr, "")

    def fix(self, action, subject, succeeded=True):
        """Carries out the plan, and checks its record. Returns the report of afterwards."""
        report = self.impatiently("--store", self.store, "--fix", "--yes", stderr=None)
        done = [each for each in report["actions"] if each["action"] == action]
        self.assertEqual([(each["subject"], each["succeeded"]) for each in done],
                         [(subject, succeeded)], report)
        self.assertRegex(done[0]["by"], r"^\S+@\S+$")
        return report


class Resume(FixTest):
    def test_lets_a_faulted_projection_go_on(self):
        with ill(self.store) as patient:
            patient.order("append 4 order-1")
            patient.order("poison")
            patient.wait_for_state("faulted")
            self.eventually(lambda: self.impatiently("--store", self.store),
                            "projection-leaderless")
            self.dry_run("let projection 'orders' go on, also after a failure")
            self.assertEqual(patient.value(
                'eventcore_projection_state{projection_name="orders",state="faulted"}'), 1)
            patient.order("cure")
            self.healthy(self.fix("resume", "orders"))
            patient.wait_for_checkpoint(5)

    def test_ends_a_pause(self):
        with ill(self.store) as patient:
            self.pause_with_events(patient)
            self.eventually(lambda: self.impatiently("--store", self.store), "projection-paused")
            self.healthy(self.fix("resume", "orders"))
            self.assertFalse(self.state()["paused"])
            patient.wait_for_checkpoint(2)

    def test_that_does_not_help_is_told(self):
        with ill(self.store) as patient:
            patient.order("poison")
            patient.wait_for_state("faulted")
            self.eventually(lambda: self.impatiently("--store", self.store),
                            "projection-leaderless")
            report = self.fix("resume", "orders")
            self.finding(report, "projection-leaderless", "orders")


class Replay(FixTest):
    def test_lets_dead_letters_be_applied_again(self):
        with ill(self.store, then="park") as patient:
            patient.order("poison")
            patient.order("poison")
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(3)
            self.assertEqual(self.state()["dead_letters"], 2)
            self.dry_run("let projection 'orders' apply its dead letters again (repair or deploy "
                         "the projector first)")
            self.assertEqual(self.state()["replays"], 0)
            patient.order("cure")
            report = self.fix("replay-dead-letters", "orders")
            self.healthy(report)
            self.assertIn("2 dead letters", report["actions"][0]["result"])
            patient.wait_for('eventcore_projection_dead_letters{projection_name="orders"}',
                             lambda value: value == 0)


class DropLease(FixTest):
    def lease(self):
        return self.objects("leases", "--store", self.store)[0]

    def test_frees_one_of_a_process_that_is_gone(self):
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(1)
            patient.kill()
        token = self.lease()["token"]
        self.dry_run(f"free the lease of projection 'orders', token {token}")
        self.assertIn(str(patient.process.pid), self.lease()["holder"])
        self.healthy(self.fix("drop-lease", "orders"))
        self.assertEqual((self.lease()["state"], self.lease()["holder"]), ("free", ""))

    def test_leaves_one_that_is_held(self):
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(1)
            report = self.examine("--store", self.store, "--fix", "--yes")
            self.healthy(report)
            self.assertEqual(report["actions"], [])
            self.assertEqual(self.lease()["state"], "held")


class CheckpointJournal(FixTest):
    """A reader that reads since long keeps the journal from being used again."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(line("order-1"))
        self.path = self.folder / "shop.db"
        self.journal = self.folder / "shop.db-wal"
        self.reader = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.reader.close)
        self.reader.execute("BEGIN")
        self.reader.execute("SELECT count(*) FROM events").fetchall()
        big = "x" * 500_000
        self.append(*(line(f"picture-{i % 10}", data=big) for i in range(300)))

    def test_moves_it_once_nobody_holds_it_back(self):
        self.assertGreater(self.journal.stat().st_size, 128 << 20)
        finding = self.finding(self.examine("--store", self.store), "journal-long", str(self.journal))
        self.assertIn(str(os.getpid()), " ".join(finding["evidence"]))
        self.dry_run(f"move the journal of {self.path} into the database")
        self.assertGreater(self.journal.stat().st_size, 128 << 20)
        report = self.fix("checkpoint-journal", str(self.path), succeeded=False)
        self.assertIn("a reader holds the rest back", report["actions"][0]["result"])
        self.reader.execute("COMMIT")
        self.healthy(self.fix("checkpoint-journal", str(self.path)))
        self.assertEqual(self.journal.stat().st_size, 0)
        self.assertIn("no findings", self.succeed("verify", "--store", self.store))


    def test_is_short_again_when_the_store_has_moved_it(self):
        self.reader.execute("COMMIT")
        for number in range(2):  # the first one moves it, the next one begins it anew
            self.append(line(f"order-{number}"))
        self.assertLess(self.journal.stat().st_size, 128 << 20)
        self.healthy(self.examine("--store", self.store))


class Asking(FixTest):
    """On a terminal it asks."""

    def setUp(self):
        super().setUp()
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(1)
            patient.kill()

    def answer(self, text):
        """Runs the doctor on a terminal, answers its question, and returns what it showed."""
        terminal, inside = pty.openpty()
        process = subprocess.Popen([TOOL, "doctor", "--store", self.store, "--fix"],
                                   stdin=inside, stdout=inside, stderr=inside)
        os.close(inside)
        shown, answered, end = b"", False, time.monotonic() + LIMIT
        try:
            while time.monotonic() < end:
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    part = os.read(terminal, 4096)
                except OSError:
                    break
                if not part:
                    break
                shown += part
                if b"[y/N]" in shown and not answered:
                    os.write(terminal, text.encode())
                    answered = True
            process.wait(LIMIT)
        finally:
            process.kill()
            process.wait()
            os.close(terminal)
        return shown.decode()

    def holder(self):
        return self.objects("leases", "--store", self.store)[0]["holder"]

    def test_and_does_it(self):
        shown = self.answer("y\n")
        self.assertIn("\x1b[1;33mWARNING", shown)
        self.assertRegex(shown.replace("\r", ""), r"(?m)" + RECORD + "drop-lease orders: done, ")
        self.assertIn("afterwards:", shown)
        self.assertEqual(self.holder(), "")

    def test_and_does_nothing_unless_told_so(self):
        for text in ("\n", "n\n", "maybe\n"):
            with self.subTest(answer=text):
                self.assertIn("nothing was done", self.answer(text))
                self.assertNotEqual(self.holder(), "")

    def test_and_leaves_a_record(self):
        result = self.run_tool("doctor", "--store", self.store, "--fix", "--yes", "--log", "info",
                               "--log-format", "json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stderr, r"(?m)" + RECORD + "drop-lease orders: done, ")
        self.assertIn('"event":"doctor.action"', result.stderr)
        self.assertIn('"subject":"orders"', result.stderr)


if __name__ == "__main__":
    unittest.main()
