"""`eventcore init` and `eventcore append`."""

import base64
import unittest

from tool import BAD_INPUT, CONFLICT, STORE_UNUSABLE, ToolTest, line


class Init(ToolTest):
    def test_creates_a_store_once(self):
        self.assertIn("is ready", self.succeed("init", "--store", self.store))
        self.append(line("a"))
        self.assertIn("1 event", self.succeed("init", "--store", self.store))
        self.assertEqual(len(self.events()), 1)

    def test_tells_machines_what_it_made(self):
        [made] = self.objects("init", "--store", self.store)
        self.assertEqual(made["backend"], "sqlite")
        self.assertEqual(made["durability"], "full")
        self.assertEqual(made["head"], 0)

    def test_takes_the_durability_of_the_url(self):
        [made] = self.objects("init", "--store", self.store + "?durability=normal")
        self.assertEqual(made["durability"], "normal")


class Append(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()

    def test_stores_each_line_in_order(self):
        summary = self.append(line("a", data=1), "\n", line("b", data=2), line("a", data=3))
        self.assertEqual(summary, "appended 3 events in 3 batches, the last at position 3\n")
        self.assertEqual([(e["stream"], e["version"], e["data"]) for e in self.events()],
                         [("a", 1, 1), ("b", 1, 2), ("a", 2, 3)])

    def test_takes_a_file(self):
        path = self.file("events.jsonl", line("a").rstrip("\n"))
        self.succeed("append", "--store", self.store, path)
        self.assertEqual(len(self.events()), 1)

    def test_keeps_every_digit_of_data(self):
        data = '{"big":123456789012345678901234567890.10,"e":1E+2,"s":"\\u00e4 "}'
        self.append('{"stream":"a","type":"T","data": ' + data.replace(":", " : ") + " }\n")
        self.assertIn(data, self.succeed("events", "--store", self.store, "--json"))

    def test_stores_metadata_and_versions(self):
        self.append(line("a", schema_version=3, metadata={
            "correlation_id": "c", "causation_id": "d", "user": "ann", "n": 1, "f": 0.5, "b": True,
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}))
        [event] = self.events()
        self.assertEqual(event["schema_version"], 3)
        self.assertEqual(event["metadata"], {
            "correlation_id": "c", "causation_id": "d", "user": "ann", "n": 1, "f": 0.5, "b": True,
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
        self.assertEqual(event["command"], "append")

    def test_stores_bytes_that_are_no_json(self):
        self.append('{"stream":"a","type":"T","data_base64":"AAH/"}\n')
        self.assertEqual(self.events()[0]["data_base64"], "AAH/")
        self.assertIn("3 bytes, not JSON) base64:AAH/",
                      self.succeed("events", "--store", self.store))

    def test_stores_bytes_that_begin_like_json(self):
        for number, payload in enumerate((b'1\0"abc', b'\0', b"{}\0{}", b'\xef\xbb\xbf"abc',
                                          b"\xef\xbb\xbf{}", b'"abc', b'{"a":"\\')):
            text = base64.b64encode(payload).decode()
            with self.subTest(payload=payload):
                self.append('{"stream":"a","type":"T","data_base64":"' + text + '"}\n')
                self.assertEqual(self.events()[number]["data_base64"], text)
                self.assertIn(f", not JSON) base64:{text}",
                              self.succeed("events", "--store", self.store))

    def test_reads_what_events_prints(self):
        self.append(line("a", data={"x": [1, None]}, metadata={"user": "ann"}), line("b", data="ä"))
        fields = ("stream", "type", "data", "schema_version", "metadata")
        first = [{k: e[k] for k in fields if k in e} for e in self.events()]
        other = f"sqlite:{self.folder}/other.db"
        self.succeed("init", "--store", other)
        self.succeed("append", "--store", other,
                     stdin="".join(line(e.pop("stream"), e.pop("type"), e.pop("data"), **e)
                                   for e in map(dict, first)))
        second = [{k: e[k] for k in fields if k in e} for e in self.events(store=other)]
        self.assertEqual(first, second)

    def test_acknowledges_each_batch(self):
        acks = self.objects("append", "--store", self.store, stdin=line("a") + "\n" + line("a"))
        self.assertEqual([(a["line"], a["last_position"], a["streams"]) for a in acks],
                         [(1, 1, [{"stream": "a", "version": 1}]),
                          (3, 2, [{"stream": "a", "version": 2}])])
        self.assertEqual([a["command_id"] + "/0" for a in acks], [e["id"] for e in self.events()])

    def test_stores_all_lines_at_once_when_atomic(self):
        [ack] = self.objects("append", "--store", self.store, "--atomic",
                             stdin=line("a") + line("b") + line("a"))
        self.assertEqual((ack["lines"], ack["first_position"], ack["last_position"]), (3, 1, 3))
        ids = {e["id"].split("/")[0] for e in self.events()}
        self.assertEqual(ids, {ack["command_id"]})

    def test_appends_many_lines_in_groups(self):
        count = 20_000
        lines = "".join(line(f"s-{i % 100}", data=i, expected_version=i // 100)
                        for i in range(count))
        self.append(lines)
        self.assertEqual([e["data"] for e in self.events()], list(range(count)))

    def test_takes_an_empty_input(self):
        self.assertIn("nothing", self.append(""))
        self.assertIn("nothing", self.append("", options=["--atomic"]))
        self.assertEqual(self.events(), [])

    def test_needs_a_store_that_exists(self):
        missing = f"sqlite:{self.folder}/missing.db"
        self.refuse(STORE_UNUSABLE, "append", "--store", missing, stdin=line("a"),
                    says=["missing.db"])
        self.assertFalse((self.folder / "missing.db").exists())


class ExpectedVersion(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(line("a"), line("a"))

    def test_is_the_number_of_events_before(self):
        self.append(line("a", expected_version=2), line("a", expected_version=3),
                    line("new", expected_version=0))
        self.assertEqual(len(self.events()), 5)

    def test_stops_at_the_first_conflict(self):
        self.refuse(CONFLICT, "append", "--store", self.store, says=["line 2", "1 event is stored"],
                    stdin=line("b") + line("a", expected_version=1) + line("c"))
        self.assertEqual([e["stream"] for e in self.events()], ["a", "a", "b"])

    def test_stores_nothing_behind_a_conflict_in_a_long_input(self):
        lines = [line(f"s-{i}") for i in range(3_000)]
        lines[1_500] = line("a", expected_version=7)
        path = self.file("events.jsonl", "".join(lines))
        self.refuse(CONFLICT, "append", "--store", self.store, path,
                    says=["line 1501", "1,500 events are stored", "expected"])
        self.assertEqual(len(self.events()), 1_502)

    def test_stores_nothing_of_an_atomic_batch(self):
        self.refuse(CONFLICT, "append", "--store", self.store, "--atomic",
                    says=["standard input, line 3: ", "stream a", "nothing is stored"],
                    stdin=line("b") + "\n" + line("a", expected_version=1)
                    + line("a", expected_version=2))
        self.assertEqual(len(self.events()), 2)

    def test_counts_before_the_batch_or_on(self):
        for second in (2, 3):
            with self.subTest(second=second):
                store = f"sqlite:{self.folder}/{second}.db"
                self.succeed("init", "--store", store)
                self.succeed("append", "--store", store, stdin=line("a") + line("a"))
                self.succeed("append", "--store", store, "--atomic",
                             stdin=line("a", expected_version=2)
                             + line("a", expected_version=second))


class BadLines(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()

    BAD = {
        '{"stream":': "invalid JSON",
        "[]": "not a JSON object",
        '{"stream":"a","type":"T"}': "'data' is missing",
        '{"stream":"a","data":1}': "'type' is missing",
        '{"type":"T","data":1}': "'stream' is missing",
        '{"stream":"a*","type":"T","data":1}': "'stream'",
        '{"stream":"' + 256 * "x" + '","type":"T","data":1}': "'stream'",
        '{"stream":"a","type":"' + 129 * "x" + '","data":1}': "128",
        '{"stream":"a","type":"T","data":"' + 16 * 2**20 * "x" + '"}': "bytes of an event",
        '{"stream":"a","type":"T","data":1,"metadata":{"x":"' + 2**16 * "x" + '"}}': "'metadata'",
        '{"stream":"a","type":"T","data":1,"metadata":{"x":[]}}': "'x'",
        '{"stream":"a","type":"T","data":1,"expected_version":-1}': "'expected_version'",
        '{"stream":"a","type":"T","data":1,"expected_verison":1}': "'expected_verison'",
        '{"stream":"a","type":"T","data":1,"metadata":{"x":-9223372036854775809}}': "'x'",
        '{"stream":"a","type":"T","data":1,"stream":"b"}': "twice",
        '{"stream":"a","type":"T","data":1}\0garbage': "invalid JSON in column 35",
        '\ufeff{"stream":"a","type":"T","data":1}': "byte order mark",
    }

    def test_are_named_and_leave_the_store_as_it_was(self):
        for bad, reason in self.BAD.items():
            with self.subTest(reason=reason, bad=bad[:60]):
                path = self.file("events.jsonl", line("a") + "\n" + bad + "\n" + line("b"))
                self.refuse(BAD_INPUT, "append", "--store", self.store, path,
                            says=["events.jsonl, line 3: ", reason, "nothing is stored"])
                self.refuse(BAD_INPUT, "append", "--store", self.store, "--atomic",
                            stdin=path.read_text(),
                            says=["standard input, line 3: ", reason, "nothing is stored"])
        self.assertEqual(self.events(), [])

    def test_end_a_stream_of_lines_where_they_are(self):
        self.refuse(BAD_INPUT, "append", "--store", self.store, stdin=line("a") + "{\n" + line("b"),
                    says=["line 2: ", "1 event is stored"])
        self.assertEqual(len(self.events()), 1)

    def test_are_refused_before_they_fill_the_memory(self):
        path = self.file("events.jsonl", 30 * 2**20 * b"x")
        self.refuse(BAD_INPUT, "append", "--store", self.store, path, says=["line 1: longer than"])

    def test_are_refused_past_the_limits_of_a_batch(self):
        lines = line("a") * 10_001
        self.refuse(BAD_INPUT, "append", "--store", self.store, "--atomic", stdin=lines,
                    says=["line 10001: ", "10000"])
        self.assertEqual(self.events(), [])
        streams = "".join(line(f"s-{i}") for i in range(1_001))
        self.refuse(BAD_INPUT, "append", "--store", self.store, "--atomic", stdin=streams,
                    says=["line 1001: ", "1000 streams"])
        self.assertEqual(self.events(), [])

    def test_need_a_file_that_can_be_read(self):
        self.refuse(BAD_INPUT, "append", "--store", self.store, self.folder / "missing.jsonl",
                    says=["missing.jsonl", "No such file"])
        for folder in (self.folder, "."):
            self.refuse(BAD_INPUT, "append", "--store", self.store, folder,
                        says=["Is a directory"])


if __name__ == "__main__":
    unittest.main()
