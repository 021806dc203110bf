"""`eventcore flight`."""

import copy
import json
import unittest

from tool import BAD_INPUT, ToolTest

ENTRY = {
    "command_type": "place_order", "command_id": "0190f8a2-7b3c-7def-8abc-0123456789ab",
    "ended_unix_ns": 1704067200123456789, "duration_ns": 12345678, "outcome": "committed",
    "attempts": 3, "backoff_ns": 1000000, "events_written": 2, "events_folded": 0,
    "discovery_rounds": 0, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "phases_ns": {"queue": 0, "read": 200000, "fold": 0, "handle": 0, "append": 11000000,
                  "backoff": 0},
    "streams_total": 9, "streams": ["order-1", "product-2"], "conflicts_total": 1,
    "conflicts": [{"stream": "product-2", "expected_version": 4, "actual_version": 5,
                   "winner_position": 77, "winner_command_id": "", "winner_command_type": "adjust"}],
    "timeline": []}


def dump_of(**lists):
    return {"eventcore_flight": 1, "reason": "SIGSEGV", "signal": 11, "pid": 4711,
            "written_unix_ns": 1704067260000000000, "minutes": 10, "failures": 1234, "missed": 0,
            "slowest": [], "failed": [], "retried": [], **lists}


def entry(**changes):
    return {**copy.deepcopy(ENTRY), **changes}


class Flight(ToolTest):
    def written(self, content):
        file = self.folder / "dump.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    def test_shows_who_died_and_when(self):
        shown = self.succeed("flight", self.written(dump_of()), "--full")
        self.assertIn("written 2024-01-01T00:01:00.000Z by process 4711: SIGSEGV", shown)
        self.assertIn("1,234 failures since the start", shown)

    def test_shows_each_kind_with_the_greatest_first(self):
        file = self.written(dump_of(slowest=[entry(duration_ns=n * 1000000) for n in (3, 9, 5)]))
        shown = self.succeed("flight", file, "--full", "--limit", 2)
        self.assertIn("Slowest (2 of 3 commands kept)", shown)
        self.assertLess(shown.index("9.000"), shown.index("5.000"))
        self.assertNotIn("3.000", shown)

    def test_tells_the_story_of_a_command(self):
        shown = self.succeed("flight", self.written(dump_of(retried=[ENTRY])), "--full")
        for text in ("2024-01-01T00:00:00.123Z", "place_order", "12.346", "append 11.000, read 0.200",
                     "4bf92f3577b34da6a3ce929d0e0e4736", "product-2 lost to adjust at 77"):
            self.assertIn(text, shown)

    def test_tells_errors_without_control_characters(self):
        failed = entry(error="unavailable", error_message="the disk\u001b[31m is full",
                       outcome="store_error", conflicts=[])
        shown = self.succeed("flight", self.written(dump_of(failed=[failed])), "--full")
        self.assertIn("unavailable: the disk\\u001b[31m is full", shown.lower())

    def test_shows_one_kind(self):
        shown = self.succeed("flight", self.written(dump_of(failed=[ENTRY])), "--only", "retried")
        self.assertIn("Most attempts (0 of 0 commands kept)", shown)
        self.assertNotIn("Failed", shown)

    def test_prints_json(self):
        dump = dump_of(failed=[ENTRY])
        self.assertEqual(self.objects("flight", self.written(dump)), [dump])

    def test_refuses_what_no_recorder_wrote(self):
        whole = json.dumps(dump_of(failed=[ENTRY]))
        for content in ("", "[]", "{}", "nonsense", whole[:-20],
                        '{"eventcore_flight":1}', '{"eventcore_flight":"x"}'):
            self.refuse(BAD_INPUT, "flight", self.written(content), says=("dump.json",))
        self.refuse(BAD_INPUT, "flight", self.folder / "none", says=("cannot read",))
        self.refuse(BAD_INPUT, "flight", self.folder, says=("flight",))


if __name__ == "__main__":
    unittest.main()
