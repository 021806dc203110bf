"""rsyslog and syslog-ng with the configurations of ops/logging: what arrives, and what survives what.
"""

import collections
import json
import signal
import subprocess
import sys
import time
import unittest

from elasticsearch_stand_in import ElasticsearchStandIn
from shipper import OPS, RECORDS, Rsyslog, SyslogNg


class Shipping:
    """What both promise."""

    def setUp(self):
        self.elasticsearch = ElasticsearchStandIn()
        self.addCleanup(self.elasticsearch.stop)
        self.shipper = self.made(self.elasticsearch.port)
        self.addCleanup(self.shipper.close)

    def tearDown(self):
        self.assertEqual(self.elasticsearch.malformed, [])

    def numbers(self):
        return collections.Counter(document["number"] for document in self.elasticsearch.documents
                                   if "number" in document)

    def wait_for_all(self):
        """Returns how many records came more than once."""
        expected = set(range(self.shipper.number))
        try:
            self.elasticsearch.wait(lambda: set(self.numbers()) == expected)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.shipper.said()}") from problem
        return sum(self.numbers().values()) - self.shipper.number

    def test_every_value_keeps_its_type(self):
        self.shipper.write(RECORDS)
        self.elasticsearch.wait(lambda: len(self.elasticsearch.documents) >= len(RECORDS))
        arrived = []
        for document in self.elasticsearch.documents:
            record = dict(document)
            self.assertEqual(record.pop("@timestamp"), record["time"])
            day = record["time"][:10].replace("-", ".")
            self.assertEqual(record.pop("_index"), f"eventcore-{day}")
            arrived.append(record)

        # As text, so that 1 and 1.0, or true and 1, are not the same.
        def texts(records):
            return sorted(json.dumps(record, sort_keys=True) for record in records)

        self.assertEqual(texts(arrived), texts(map(json.loads, RECORDS)))

    def test_what_is_no_record_goes_to_a_file(self):
        self.shipper.write(["panic: it fell over", '{"level":"INFO"}', "{", "[1]"])
        self.shipper.write_numbered(1)
        self.assertEqual(self.wait_for_all(), 0)
        file = self.shipper.work / "eventcore-no-records.log"
        limit = time.monotonic() + 60
        while not file.exists() or file.read_text().count("\n") < 4:
            self.assertLess(time.monotonic(), limit, self.shipper.said())
            time.sleep(0.01)
        text = file.read_text()
        self.assertIn("panic: it fell over", text)
        self.assertIn('{"level":"INFO"}', text)
        self.assertEqual(len(text.splitlines()), 4, text)
        self.assertEqual(len(self.elasticsearch.documents), 1)

    def test_a_server_that_is_down_is_waited_for(self):
        self.shipper.write_numbered(5)
        self.wait_for_all()
        self.elasticsearch.stop()
        self.shipper.write_numbered(1000)
        self.elasticsearch.start()
        self.assertEqual(self.wait_for_all(), 0)

    def test_a_restart_with_records_on_their_way_loses_none(self):
        self.restart(signal.SIGTERM)

    def test_a_kill_with_records_on_their_way_loses_none(self):
        self.restart(signal.SIGKILL)

    def restart(self, number):
        self.shipper.write_numbered(5)
        self.wait_for_all()
        self.elasticsearch.stop()
        self.shipper.write_numbered(3000)
        self.wait_for_attempt()
        self.shipper.stop(number)
        self.shipper.write_numbered(10)
        self.elasticsearch.start()
        self.shipper.start()
        doubled = self.wait_for_all()
        self.assertLessEqual(doubled, self.doubled_max[number])

    def wait_for_attempt(self):
        """Returns when the shipper has read, and seen that nobody answers."""
        self.elasticsearch.start()
        self.elasticsearch.failures = 1
        requests = self.elasticsearch.requests
        self.elasticsearch.wait(lambda: self.elasticsearch.requests > requests)
        self.elasticsearch.stop()

    def test_a_file_that_is_rotated_is_read_to_its_end(self):
        self.shipper.write_numbered(500)
        self.wait_for_all()
        self.shipper.write_numbered(self.unread_at_rotation)
        (self.shipper.logs / "shop.log").rename(self.shipper.logs / "shop.log.1")
        self.shipper.write_numbered(500)
        self.assertEqual(self.wait_for_all(), 0)


class SyslogNgTest(Shipping, unittest.TestCase):
    made = SyslogNg
    doubled_max = {signal.SIGTERM: 0, signal.SIGKILL: 500}
    unread_at_rotation = 0  # which it would lose

    def test_503_is_tried_again(self):
        self.elasticsearch.failures = 5
        self.shipper.write_numbered(50)
        self.assertEqual(self.wait_for_all(), 0)
        self.assertEqual(self.elasticsearch.failures, 0)


class RsyslogTest(Shipping, unittest.TestCase):
    made = Rsyslog
    # After a kill the file may be read from its beginning.
    doubled_max = {signal.SIGTERM: 0, signal.SIGKILL: 1_000_000}
    unread_at_rotation = 300

    def wait_for_attempt(self):
        """Without a 503, which rsyslog does not survive: until a part is in the queue on the disk."""
        limit = time.monotonic() + 60
        while sum(file.stat().st_size for file in self.shipper.work.glob("eventcore.0*")) < 300_000:
            self.assertLess(time.monotonic(), limit, self.shipper.said())
            time.sleep(0.01)

    def test_503_is_kept_and_can_be_sent_again(self):
        self.elasticsearch.failures = 1
        self.shipper.write_numbered(50)
        self.elasticsearch.wait(lambda: self.elasticsearch.failures == 0)
        self.shipper.write_numbered(50)
        refused = self.shipper.work / "eventcore-refused.json"

        def kept():
            lines = refused.read_text().splitlines() if refused.exists() else []
            bodies = [json.loads(line)["request"]["postdata"] for line in lines]
            return sum(body.count("\n") // 2 for body in bodies)

        self.elasticsearch.wait(lambda: sum(self.numbers().values()) + kept() == 100)
        self.assertGreater(kept(), 0)
        url = f"http://127.0.0.1:{self.elasticsearch.port}"
        resend = [sys.executable, "-B", str(OPS / "resend_refused.py"), url]
        self.elasticsearch.failures = 1_000
        with open(refused, encoding="utf-8") as lines:
            again = subprocess.run(resend, stdin=lines, capture_output=True, text=True, timeout=60,
                                   check=False)
        self.assertEqual((again.returncode, again.stdout), (1, refused.read_text()))
        self.elasticsearch.failures = 0
        subprocess.run(resend, input=again.stdout, text=True, check=True, timeout=60)
        self.assertEqual(self.wait_for_all(), 0)


if __name__ == "__main__":
    unittest.main()
