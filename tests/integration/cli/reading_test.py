"""`eventcore streams`, `events`, `explain`, `stats`, `verify` and `metrics`."""

import json
import re
import unittest

from tool import BAD_INPUT, FAILED, ToolTest, line

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")


class Filled(ToolTest):
    """Ten products with an event each, then two orders of one batch each."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(line(f"product-{i}", "StockReceived", {"quantity": i}) for i in range(10)))
        for number in (1, 2):
            metadata = {"correlation_id": f"cart-{number}", "causation_id": "click",
                        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "user": "ann"}
            self.append(line(f"order/{number}", "OrderPlaced", {"n": number}, metadata=metadata,
                             expected_version=0),
                        line("product-3", "StockReserved", {"quantity": 1}), options=["--atomic"])

    def positions(self, *options):
        return [e["position"] for e in self.events(*options)]


class Events(Filled):
    def test_are_the_whole_log_in_order(self):
        self.assertEqual(self.positions(), list(range(1, 15)))

    def test_have_every_field(self):
        event = self.events("--after", 10, "--limit", 1)[0]
        self.assertRegex(event.pop("time"), TIME)
        self.assertRegex(event.pop("id"), r"^[0-9a-f-]{36}/0$")
        self.assertEqual(event, {
            "position": 11, "stream": "order/1", "version": 1, "type": "OrderPlaced",
            "schema_version": 1, "command": "append", "data": {"n": 1},
            "metadata": {"correlation_id": "cart-1", "causation_id": "click",
                         "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "user": "ann"}})

    def test_are_chosen_by_stream(self):
        self.assertEqual(self.positions("--stream", "product-3"), [4, 12, 14])
        self.assertEqual(self.positions("--stream", "product-3", "--stream", "order/2"),
                         [4, 12, 13, 14])
        self.assertEqual(self.positions("--prefix", "order/"), [11, 13])
        self.assertEqual(self.positions("--pattern", "product-[89]", "--pattern", "*/2"),
                         [9, 10, 13])
        self.assertEqual(self.positions("--stream", "unknown"), [])

    def test_are_chosen_by_type_and_context(self):
        self.assertEqual(self.positions("--type", "OrderPlaced"), [11, 13])
        self.assertEqual(self.positions("--type", "OrderPlaced", "--type", "StockReserved"),
                         [11, 12, 13, 14])
        self.assertEqual(self.positions("--correlation", "cart-2"), [13, 14])
        self.assertEqual(self.positions("--trace", TRACE), [11, 12, 13, 14])
        self.assertEqual(self.positions("--trace", TRACE, "--type", "StockReserved",
                                        "--correlation", "cart-1"), [12])

    def test_are_bounded_by_position_and_time(self):
        self.assertEqual(self.positions("--after", 5, "--limit", 2), [6, 7])
        self.assertEqual(self.positions("--stream", "product-3", "--after", 4, "--limit", 1), [12])
        times = {e["position"]: e["time"] for e in self.events()}
        since = self.positions("--since", times[11])
        self.assertEqual(since, [p for p in times if times[p] >= times[11]])
        until = self.positions("--until", times[11])
        self.assertEqual(until, [p for p in times if times[p] < times[11]])
        self.assertEqual(self.positions("--since", "1h"), list(range(1, 15)))
        self.assertEqual(self.positions("--until", "1h"), [])

    def test_are_aligned_for_people(self):
        text = self.succeed("events", "--store", self.store, "--prefix", "product-1")
        self.assertRegex(text, r"^POSITION  TIME +STREAM +VERSION  TYPE +DATA\n"
                               r" +2  \S+Z  product-1 +1  StockReceived  {\"quantity\":1}\n$")

    def test_refuse_bad_conditions(self):
        for options in (["--stream", "a*"], ["--pattern", "["], ["--since", "soon"],
                        ["--trace", "12"], ["--prefix", ""]):
            self.refuse(BAD_INPUT, "events", "--store", self.store, *options, says=[options[0]])
        for option in ("--after", "--limit"):
            for number in ("x", "-1", "1.5", "99999999999999999999"):
                self.refuse(BAD_INPUT, "events", "--store", self.store, option, number,
                            says=[option])
        self.refuse(BAD_INPUT, "events", "--store", self.store, "--follow", "--limit", "1",
                    says=["--follow"])
        for option in ("--since", "--until", "--correlation", "--trace", "--type", "--stream"):
            self.refuse(BAD_INPUT, "events", "--store", self.store, option, "", says=[option])
        self.refuse(BAD_INPUT, "events", "--store", self.store, "--since", "1h", "--until", "2h",
                    says=["--since", "--until"])

    def test_are_counted_in_decimal(self):
        for number, count in {"010": 10, "08": 8, "0": 0, "00": 0}.items():
            self.assertEqual(len(self.positions("--limit", number)), count)
            self.assertEqual(self.positions("--after", number), list(range(count + 1, 15)))
            listed = self.objects("streams", "--store", self.store, "--limit", number)
            self.assertEqual(len(listed), count)
        for number in ("0x8", "+8", " 8", "8 ", "", "1_0"):
            for option in ("--limit", "--after"):
                self.refuse(BAD_INPUT, "events", "--store", self.store, option, number,
                            says=[option])


class Streams(Filled):
    def test_are_listed_in_order(self):
        streams = self.objects("streams", "--store", self.store)
        self.assertEqual([s["stream"] for s in streams],
                         ["order/1", "order/2"] + [f"product-{i}" for i in range(10)])
        self.assertEqual(streams[5], {"stream": "product-3", "version": 3, "last_position": 14})

    def test_are_listed_in_part(self):
        def names(*options):
            return [s["stream"] for s in self.objects("streams", "--store", self.store, *options)]
        self.assertEqual(names("--prefix", "order"), ["order/1", "order/2"])
        self.assertEqual(names("--pattern", "*[12]"), ["order/1", "order/2", "product-1",
                                                        "product-2"])
        self.assertEqual(names("--limit", 3, "--after", "order/2"),
                         ["product-0", "product-1", "product-2"])

    def test_are_listed_past_a_page(self):
        self.append(*(line(f"many-{i:05}") for i in range(2_500)))
        self.assertEqual(len(self.objects("streams", "--store", self.store)), 2_512)

    def test_are_shown_one_by_one(self):
        [shown] = self.objects("streams", "--store", self.store, "product-3")
        self.assertEqual((shown["stream"], shown["category"], shown["version"]),
                         ("product-3", "product", 3))
        self.assertEqual(shown["first_event"]["position"], 4)
        self.assertEqual(shown["last_event"]["type"], "StockReserved")
        self.assertIn("StockReserved at position 14",
                      self.succeed("streams", "--store", self.store, "product-3"))

    def test_are_missed_when_they_are_not_there(self):
        self.refuse(FAILED, "streams", "--store", self.store, "unknown", says=["'unknown'"])
        for bad in ("a*", ""):
            self.refuse(BAD_INPUT, "streams", "--store", self.store, bad)


class Explain(Filled):
    def test_finds_a_command_by_position_and_by_id(self):
        [by_position] = self.objects("explain", "--store", self.store, 12)
        for name in (by_position["command_id"], by_position["command_id"] + "/1", "11"):
            self.assertEqual(self.objects("explain", "--store", self.store, name), [by_position])
        self.assertEqual(by_position["reads"], [
            {"stream": "order/1", "version": 0, "written": True},
            {"stream": "product-3", "version": 1, "written": True}])
        self.assertEqual((by_position["first_position"], by_position["last_position"],
                          by_position["attempts"]), (11, 12, 1))
        self.assertEqual((by_position["correlation_id"], by_position["causation_id"],
                          by_position["trace_id"]), ("cart-1", "click", TRACE))
        self.assertEqual([e["type"] for e in by_position["events"]],
                         ["OrderPlaced", "StockReserved"])

    def test_finds_all_commands_of_a_trace(self):
        found = self.objects("explain", "--store", self.store, TRACE)
        self.assertEqual([e["first_position"] for e in found], [11, 13])

    def test_speaks_to_people(self):
        text = self.succeed("explain", "--store", self.store, 12)
        for part in ("cart-1", "click", TRACE, "11 to 12 (2 events)", "Nobody interfered",
                     "OrderPlaced"):
            self.assertIn(part, text)
        self.assertRegex(text, r"product-3 +1 +1 +2")

    def test_knows_which_events_a_command_has(self):
        command = self.objects("explain", "--store", self.store, 12)[0]["command_id"]
        for ordinal in ("2", "99", "18446744073709551615"):
            self.refuse(FAILED, "explain", "--store", self.store, f"{command}/{ordinal}",
                        says=[f"{command}/{ordinal}"])
        for ordinal in ("", "xyz", "-1", "1x", "1/0"):
            self.refuse(BAD_INPUT, "explain", "--store", self.store, f"{command}/{ordinal}",
                        says=["event id"])

    def test_says_when_there_is_nothing(self):
        for nothing in ("15", "01890b2f-5a3c-7d4e-8f60-718293a4b5c6", 32 * "a"):
            self.refuse(FAILED, "explain", "--store", self.store, nothing,
                        says=[nothing, "position 14"])
        for nonsense in ("0", "x", "-1", "1.5"):
            self.refuse(BAD_INPUT, "explain", "--store", self.store, nonsense)


class Stats(Filled):
    def test_count_what_is_stored(self):
        [stats] = self.objects("stats", "--store", self.store)
        self.assertEqual((stats["events"], stats["streams"], stats["event_types"], stats["head"]),
                         (14, 12, 3, 14))
        self.assertGreater(stats["size_bytes"], 0)
        self.assertRegex(stats["first_event"], TIME)
        self.assertRegex(stats["last_event"], TIME)
        self.assertIsNone(stats["last_backup"])

    def test_speak_to_people(self):
        text = self.succeed("stats", "--store", self.store)
        self.assertRegex(text, r"events +14\n")
        self.assertRegex(text, r"last backup +never\n")

    def test_take_an_empty_store(self):
        [stats] = self.objects("stats", "--store", "memory:")
        self.assertEqual((stats["events"], stats["first_event"]), (0, None))


class Verify(Filled):
    def test_finds_nothing_in_a_good_store(self):
        self.assertEqual(self.succeed("verify", "--store", self.store),
                         "checked 14 events, 12 batches, 12 streams: no findings\n")
        self.assertNotIn("verify_findings", self.objects("stats", "--store", self.store)[0])
        [report] = self.objects("verify", "--store", self.store, "--remember")
        [stats] = self.objects("stats", "--store", self.store)
        self.assertEqual(stats["verify_findings"], 0)
        self.assertRegex(stats["last_verify"], TIME)
        self.assertEqual(report["findings"], [])


class Metrics(ToolTest):
    def test_are_described(self):
        text = self.succeed("metrics", "describe")
        self.assertRegex(text, r"eventcore_commands_total +counter +command_type +\S")
        described = json.loads(self.succeed("metrics", "describe", "--json"))
        self.assertIn("eventcore_commands_total", [m["name"] for m in described])
        self.assertIn("eventcore_commands_total", self.succeed("metrics", "describe", "--markdown"))


class Help(ToolTest):
    COMMANDS = ("init", "append", "streams", "events", "explain", "stats", "verify", "backup",
                "restore", "leases")

    def test_teaches(self):
        text = self.succeed("--help")
        for command in self.COMMANDS:
            self.assertIn(f"  {command} ", text)
            more = self.succeed(command, "--help")
            self.assertIn("--store URL", more)
            self.assertIn(f"eventcore {command} --store", more)
            self.assertLessEqual(max(map(len, more.splitlines())), 120)
        self.assertRegex(self.succeed("--version"), r"^eventcore \d+\.\d+\.\d+\n$")

    def test_is_offered_for_bad_usage(self):
        self.refuse(BAD_INPUT, says=["eventcore --help"])
        self.refuse(BAD_INPUT, "nonsense", says=["nonsense"])
        self.refuse(BAD_INPUT, "events", says=["--store", "eventcore events --help"])
        self.refuse(BAD_INPUT, "events", "--store", "memory:", "--nonsense", says=["--nonsense"])
        self.refuse(BAD_INPUT, "metrics", says=["eventcore metrics --help"])


if __name__ == "__main__":
    unittest.main()
