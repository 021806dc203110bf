"""Fluentd's configuration, which can't be run here: its settings, and what its patterns make of records.
"""

import datetime
import json
import re
import unittest

from shipper import OPS, RECORDS

# What the pipeline has to say, by section.
EXPECTED = {
    "source": {"@type": "tail", "path": "/var/log/containers/eventcore-*.log",
               "pos_file": "/var/log/fluentd-eventcore.log.pos", "tag": "eventcore.*"},
    "filter eventcore.**": {"@type": "parser", "key_name": "log", "reserve_data": "true"},
    "filter eventcore.**/parse": {"@type": "json", "time_key": "time",
                                  "time_format": "%Y-%m-%dT%H:%M:%S.%NZ", "utc": "true"},
    "match eventcore.**": {"@type": "elasticsearch",
                           "host": "elasticsearch.logging.svc.cluster.local", "port": "9200",
                           "include_timestamp": "true", "logstash_format": "true",
                           "logstash_prefix": "eventcore"},
    "match eventcore.**/buffer": {
        "@type": "file", "path": "/var/log/fluentd-buffers/eventcore", "flush_mode": "interval",
        "retry_type": "exponential_backoff", "flush_thread_count": "2", "flush_interval": "5s",
        "retry_forever": "true", "retry_max_interval": "30", "chunk_limit_size": "2M",
        "queued_chunks_limit_size": "8", "total_limit_size": "16M", "overflow_action": "block"},
}


def sections():
    """Returns the settings of each section, by its path."""
    text = (OPS / "fluentd.yaml").read_text()
    head, body = text.split("  fluent.conf: |\n")
    assert re.search(r"kind: ConfigMap\nmetadata:\n  name: fluentd-config\n  namespace: eventcore\n",
                     head), head
    found, at = {}, []
    for line in body.splitlines():
        assert not line or line.startswith("    "), line
        line = line.strip()
        if line.startswith("</"):
            assert at.pop().split()[0] == line[2:-1], line
        elif line.startswith("<"):
            at.append(line[1:-1])
            assert "/".join(at) not in found, line
            found["/".join(at)] = {}
        elif line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            found["/".join(at)][name] = value
    assert not at, at
    return found


def parsed_time(text, time_format):
    """Returns nanoseconds since 1970, or None, as Ruby's strptime understands the format in UTC."""
    names = {"%Y": r"(?P<year>\d{4})", "%m": r"(?P<month>\d\d)", "%d": r"(?P<day>\d\d)",
             "%H": r"(?P<hour>\d\d)", "%M": r"(?P<minute>\d\d)", "%S": r"(?P<second>\d\d)",
             "%N": r"(?P<fraction>\d+)", "%:z": r"(?P<zone>Z|[+-]\d\d:\d\d)"}
    pattern = re.sub(r"%:?[A-Za-z]|.", lambda one: names.get(one[0]) or re.escape(one[0]),
                     time_format)
    match = re.fullmatch(pattern, text)
    if not match:
        return None
    parts = match.groupdict()
    moment = datetime.datetime(*(int(parts[name]) for name in
                                 ("year", "month", "day", "hour", "minute", "second")),
                               tzinfo=datetime.timezone.utc)
    if parts.get("zone") not in (None, "Z"):
        sign = -1 if parts["zone"][0] == "-" else 1
        hours, minutes = parts["zone"][1:].split(":")
        moment -= sign * datetime.timedelta(hours=int(hours), minutes=int(minutes))
    seconds = (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc))
    return (seconds // datetime.timedelta(seconds=1)) * 10**9 + int(parts["fraction"].ljust(9, "0"))


class FluentdTest(unittest.TestCase):
    def test_has_every_setting(self):
        found = sections()
        for section, settings in EXPECTED.items():
            for name, value in settings.items():
                self.assertEqual(found[section].get(name), value, f"{section}: {name}")
        everything = [name for settings in found.values() for name in settings]
        for old in ("format", "type_name", "queue_limit_length", "buffer_type"):
            self.assertNotIn(old, everything)

    def test_times_of_records_are_read_to_the_nanosecond(self):
        parse = sections()["filter eventcore.**/parse"]
        for line in RECORDS:
            text = json.loads(line)[parse["time_key"]]
            day, clock = text.rstrip("Z").split("T")
            whole = datetime.datetime.fromisoformat(f"{day}T{clock[:8]}+00:00").timestamp()
            self.assertEqual(parsed_time(text, parse["time_format"]),
                             int(whole) * 10**9 + int(clock[9:]))
        self.assertIsNone(parsed_time("2026-01-02 03:04:05.1Z", parse["time_format"]))
        self.assertIsNone(parsed_time("2026-01-02T03:04:05.1+01:00", parse["time_format"]))

    def test_lines_of_containers_are_unwrapped(self):
        parse = sections()["source/parse"]
        expression = re.compile(parse["expression"].strip("/").replace("(?<", "(?P<"))
        for line in RECORDS:
            for written in ("2026-01-02T03:04:06.000000001Z", "2026-01-02T04:04:06.000000001+01:00"):
                match = expression.fullmatch(f"{written} stderr F {line}")
                self.assertEqual(match["log"], line)
                self.assertEqual(json.loads(match["log"]), json.loads(line))
                self.assertEqual(parsed_time(match["time"], parse["time_format"]),
                                 1_767_323_046_000_000_001)


if __name__ == "__main__":
    unittest.main()
