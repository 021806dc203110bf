"""`eventcore doctor` finds what is wrong with a SQLite store and the process that works on it."""

import json
import pathlib
import re
import sqlite3
import unittest

from patient import DoctorTest, ill
from tool import BAD_INPUT, line

OPS = pathlib.Path(__file__).resolve().parents[3] / "ops"


class Healthy(DoctorTest):
    """Nothing is found, in any way of looking."""

    def test_empty_store(self):
        self.init()
        self.healthy(self.examine("--store", self.store))
        self.healthy(self.examine("--store", self.store, "--deep"))

    def test_store_at_work(self):
        self.healthy_at_work(50)

    def test_store_at_rest(self):
        with ill(self.store) as patient:
            patient.order("append 50 order-1")
            patient.wait_for_checkpoint(50)
        self.succeed("backup", "--store", self.store, self.folder / "all.ecb")
        self.healthy(self.examine("--store", self.store))
        report = self.examine("--store", self.store, "--deep")
        self.healthy(report)
        self.assertEqual(report["not_checked"], [])

    def test_says_what_it_did_not_check(self):
        self.init()
        self.append(line("order-1"))
        text = self.succeed("doctor", "--store", self.store)
        self.assertEqual(text, "not checked: indexes and heads of streams (takes --deep)\n"
                               "no findings\n")


class Unreachable(DoctorTest):
    """It is a finding, not a failure of the doctor."""

    def test_store(self):
        report = self.examine("--store", f"sqlite:{self.folder}/missing.db")
        finding = self.finding(report, "store-unavailable", "missing.db")
        self.assertEqual(finding["severity"], "critical")
        self.assertIn("does not exist", finding["evidence"][0])

    def test_process(self):
        report = self.examine("--url", "http://127.0.0.1:1")
        self.assertEqual(self.finding(report, "process-unreachable", ":1/")["alert"],
                         "EventStoreDown")

    def test_process_of_two(self):
        with ill(self.store) as patient:
            report = self.examine("--url", patient.url, "--url", "http://127.0.0.1:1",
                                  "--interval", 0.2)
        self.finding(report, "process-unreachable")

    def test_password_is_not_shown(self):
        result = self.run_tool("doctor", "--store", "postgres://ann:s3cret@127.0.0.1:1/d",
                               "--url", "http://ann:s3cret@127.0.0.1:1/")
        self.assertIn("2 findings", result.stdout)
        self.assertNotIn("s3cret", result.stdout + result.stderr)


class Damage(DoctorTest):
    """The store is damaged as a bad disk or a person does."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(line(f"order-{i % 3}") for i in range(30)))

    def damage(self, statement):
        with sqlite3.connect(self.folder / "shop.db") as database:
            triggers = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute(statement)
        database.close()

    def test_gap(self):
        self.damage("DELETE FROM events WHERE position = 12")
        report = self.examine("--store", self.store)
        finding = self.finding(report, "integrity-violation", "position 12", alone=False)
        self.assertEqual((finding["severity"], finding["alert"]),
                         ("critical", "IntegrityViolation"))
        self.assertIn("missing", finding["evidence"][0])

    def test_checksum(self):
        self.damage("UPDATE events SET payload = CAST('{\"price\":1}' AS BLOB) WHERE position = 17")
        report = self.examine("--store", self.store)
        finding = self.finding(report, "integrity-violation")
        self.assertIn("17", finding["evidence"][0])

    def test_head_which_takes_deep(self):
        self.damage("UPDATE heads SET position = 30 WHERE stream = 0")
        self.healthy(self.examine("--store", self.store))
        report = self.examine("--store", self.store, "--deep")
        self.assertIn("heads", self.finding(report, "integrity-violation", alone=False)["evidence"][0])

    def test_that_a_verification_found(self):
        self.damage("UPDATE heads SET position = 30 WHERE stream = 0")
        self.run_tool("verify", "--store", self.store, "--remember")
        finding = self.finding(self.examine("--store", self.store), "integrity-violation")
        self.assertRegex(finding["evidence"][0], r"^the verification of .* has 3 findings$")


class Care(DoctorTest):
    def test_backup_that_is_old(self):
        self.init()
        self.append(line("order-1"))
        self.succeed("backup", "--store", self.store, self.folder / "all.ecb")
        self.append(line("order-1"), line("order-1"))
        self.healthy(self.examine("--store", self.store))
        limits = self.file("limits.yaml", "backup_age: 0\n")
        finding = self.finding(self.examine("--store", self.store, "--thresholds", limits),
                               "backup-old")
        self.assertEqual(finding["alert"], "BackupTooOld")
        self.assertIn("2 events came since", finding["evidence"])
        self.assertIn("it was not tried since", self.finding_of_process("backup_age: 0\n"))

    def finding_of_process(self, limits):
        """What the process says of the same."""
        with ill(self.store) as patient:
            patient.wait_for('eventcore_store_care_age_seconds{task="backup"}', lambda _: True)
            report = self.examine("--url", patient.url, "--interval", 0.2, "--thresholds",
                                  self.file("process.yaml", limits))
        return self.finding(report, "backup-old")["evidence"]

    def test_store_of_days_without_a_backup(self):
        with ill(self.store, clock_offset=-3 * 86400) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(1)
        finding = self.finding(self.examine("--store", self.store), "backup-old")
        self.assertIn("never", finding["title"])


class Clocks(DoctorTest):
    def test_that_were_ahead(self):
        with ill(self.store, clock_offset=7200) as patient:
            patient.order("append 3 order-1")
            patient.wait_for_checkpoint(3)
            report = self.examine("--store", self.store, "--url", patient.url, "--interval", 0.2)
            self.finding(report, "clock-jump", "position 3", alone=False)
            self.finding(report, "clock-jump", patient.url, alone=False)
        # Leases that end too late keep others from leading.
        self.finding(self.examine("--store", self.store), "clock-jump", "position 3", alone=False)


class Projections(DoctorTest):
    """A real projection in a real process."""

    def test_faulted(self):
        with ill(self.store) as patient:
            patient.order("append 4 order-1")
            patient.order("poison")
            patient.wait_for_state("faulted")
            report = self.examine("--store", self.store, "--url", patient.url, "--interval", 0.2)
            finding = self.finding(report, "projection-faulted", "orders")
            self.assertEqual(finding["fix"], {"action": "resume", "subject": "orders"})
            report = self.eventually(
                lambda: self.impatiently("--store", self.store, "--alert", "ProjectionFaulted"),
                "projection-leaderless")
            # The store alone only knows that the leader has let go of it.
            finding = self.finding(report, "projection-leaderless", "orders")
            self.assertEqual(finding["fix"]["action"], "resume")
            self.assertIn("poison on order-1", " ".join(finding["evidence"]))

    def test_dead_letters(self):
        with ill(self.store, then="park") as patient:
            patient.order("append 4 order-1")
            patient.order("poison")
            patient.order("append 1 order-1")
            patient.wait_for_checkpoint(6)
            finding = self.finding(self.examine("--store", self.store), "dead-letters", "orders")
            self.assertIn("position 5, poison on order-1: apply", finding["evidence"][1])
            self.assertIn("no order has this form", finding["evidence"][1])
            self.assertEqual(finding["fix"]["action"], "replay-dead-letters")
            patient.wait_for('eventcore_projection_dead_letters{projection_name="orders"}',
                             lambda value: value == 1)
            self.finding(self.examine("--url", patient.url, "--interval", 0.2), "dead-letters",
                         "orders")

    def test_hanging(self):
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.wait_for_state("caught_up")
            patient.wait_for_checkpoint(1)
            patient.order("hang")
            patient.order("append 4 order-1")
            report = self.eventually(
                lambda: self.impatiently("--store", self.store, "--url", patient.url,
                                         "--interval", 0.5), "projection-hangs")
            finding = self.finding(report, "projection-hangs", "orders")
            self.assertEqual(finding["alert"], "ProjectionLoopDead")
            patient.order("wake")
            patient.wait_for_checkpoint(5)
            self.healthy(self.impatiently("--url", patient.url, "--interval", 0.2))

    def test_paused_and_forgotten(self):
        with ill(self.store) as patient:
            self.pause_with_events(patient)
            report = self.eventually(
                lambda: self.impatiently("--store", self.store, "--url", patient.url,
                                         "--interval", 0.5), "projection-paused")
            self.finding(report, "projection-paused", "orders")

    def test_leaderless(self):
        with ill(self.store) as patient:
            patient.order("append 4 order-1")
            patient.wait_for_checkpoint(4)
            patient.kill()
        finding = self.finding(self.examine("--store", self.store), "lease-stale", "orders")
        self.assertIn(f"process {patient.process.pid} is not there any more", finding["evidence"])
        self.append(line("order-1"))
        report = self.eventually(lambda: self.impatiently("--store", self.store),
                                 "projection-leaderless")
        finding = self.finding(report, "projection-leaderless", "orders")
        self.assertEqual((finding["severity"], finding["alert"]),
                         ("critical", "ProjectionNoLeader"))

    def test_checkpoint_beyond_head(self):
        with ill(self.store) as patient:
            patient.order("append 4 order-1")
            patient.wait_for_checkpoint(4)
        with sqlite3.connect(self.folder / "shop.db") as database:
            database.execute("UPDATE projections SET position = 9")
        database.close()
        finding = self.finding(self.examine("--store", self.store), "checkpoint-beyond-head",
                               "orders")
        self.assertEqual(finding["evidence"], ["checkpoint 9, head 4"])
        with ill(self.store) as patient:
            patient.wait_for(
                'eventcore_projection_checkpoint_beyond_head{projection_name="orders"}',
                lambda value: value == 1)
            report = self.examine("--url", patient.url, "--interval", 0.2)
            self.finding(report, "checkpoint-beyond-head", "orders", alone=False)


class Load(DoctorTest):
    def test_hot_streams(self):
        with ill(self.store) as patient:
            patient.order("append 1 order-1")
            patient.order("contend")
            report = self.eventually(
                lambda: self.examine("--url", patient.url, "--interval", 2), "hot-streams")
            patient.order("part")
        finding = self.finding(report, "hot-streams", "hit_target on stream hot-1", alone=False)
        self.assertIn("--stream hot-1", finding["next"])

    def test_label_overflow(self):
        with ill(self.store) as patient:
            for number in range(120):
                patient.order(f"append 1 id{number}-1")
            patient.wait_for_checkpoint(120)
            report = self.examine("--url", patient.url, "--interval", 0.2)
            self.finding(report, "label-overflow", "eventcore_events_written_total", alone=False)

    def test_memory(self):
        with ill(self.store) as patient:
            report = self.examine("--url", patient.url, "--interval", 0.2, "--thresholds",
                                  self.file("limits.yaml", "memory: 1000\n"))
        self.finding(report, "memory-high", patient.url)

    def test_disk(self):
        self.init()
        report = self.examine("--store", self.store, "--thresholds",
                              self.file("limits.yaml", "disk_full: 1.1\n"))
        self.assertEqual(self.finding(report, "disk-filling")["severity"], "critical")


class Alerts(DoctorTest):
    """Each alert of the rules has its checks, or says why it has none."""

    def test_are_those_of_the_rules(self):
        rules = (OPS / "prometheus" / "prometheus-alerts.yaml").read_text()
        wanted = dict(re.findall(r"- alert: (\w+)\n(?:(?! +- alert).*\n)*?.*/([\w-]+)\.md\n",
                                 rules))
        self.assertEqual(set(wanted), set(re.findall(r"- alert: (\w+)", rules)))
        listed = {each["alert"]: each for each in self.objects("doctor", "--list")}
        self.assertEqual({name: each["runbook"] for name, each in listed.items()}, wanted)
        for name, each in listed.items():
            with self.subTest(alert=name):
                self.assertNotEqual(bool(each["checks"]), bool(each["none_because"]), each)
        self.assertEqual([name for name, each in listed.items() if each["none_because"]],
                         ["Watchdog"])

    def test_have_a_known_name(self):
        self.init()
        self.refuse(BAD_INPUT, "doctor", "--store", self.store, "--alert", "Nonsense",
                    says=["'Nonsense'", "ProjectionFaulted", "CommitSlow"])
        self.refuse(BAD_INPUT, "doctor", "--store", self.store, "--alert", "Watchdog",
                    says=["Prometheus"])

    def test_choose_checks(self):
        self.init()
        with sqlite3.connect(self.folder / "shop.db") as database:
            database.execute("INSERT INTO facts VALUES ('verify_time', 1), ('verify_findings', 2)")
        database.close()
        self.healthy(self.examine("--store", self.store, "--alert", "ProjectionLag"))

    def test_have_a_runbook_that_begins_with_the_doctor(self):
        for page in (OPS / "runbooks").glob("*.md"):
            with self.subTest(runbook=page.stem):
                text = page.read_text()
                first = re.search(r"^## Diagnosis\n\n```sh\neventcore doctor .*--alert (\w+)",
                                  text, re.M)
                if page.stem == "watchdog":
                    self.assertIsNone(first)
                    continue
                self.assertIsNotNone(first)
                self.assertIn(f"`{first[1]}`", re.search(r"^Alerts: .*$", text, re.M)[0])


class Usage(DoctorTest):
    def test_is_checked(self):
        self.init()
        self.refuse(BAD_INPUT, "doctor", says=["--url", "--store"])
        self.refuse(BAD_INPUT, "doctor", "--store", "shop.db", says=["bad store URL"])
        self.refuse(BAD_INPUT, "doctor", "--url", "ftp://x", says=["http://"])
        self.refuse(BAD_INPUT, "doctor", "--store", self.store, "--yes", says=["--fix"])
        self.refuse(BAD_INPUT, "doctor", "--url", "http://x", "--fix", says=["--store"])
        self.refuse(BAD_INPUT, "doctor", "--store", self.store, "--thresholds",
                    self.folder / "none.yaml", says=["none.yaml"])
        self.refuse(BAD_INPUT, "doctor", "--store", self.store, "--thresholds",
                    self.file("bad.yaml", "memory 5\n"), says=["line 1"])

    def test_text_is_for_people(self):
        result = self.run_tool("doctor", "--store", f"sqlite:{self.folder}/missing.db")
        self.assertEqual(result.stdout.splitlines(), [
            "CRITICAL  The store can't be used from here",
            f"  what      sqlite:{self.folder}/missing.db",
            f"  evidence  {self.folder}/missing.db does not exist",
            f"  next      eventcore stats --store sqlite:{self.folder}/missing.db",
            "  runbook   store-unavailable.md, alert EventStoreUnavailable (store-unavailable)",
            "", "1 finding, the most important first"])

    def test_json_has_no_secrets_of_a_store(self):
        report = json.dumps(self.examine("--store", "postgres://ann:s3cret@127.0.0.1:1/d"))
        self.assertNotIn("s3cret", report)
        self.assertIn('$STORE', report)


if __name__ == "__main__":
    unittest.main()
