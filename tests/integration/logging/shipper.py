"""The log shippers of ops/logging, as `scripts/log_shippers` has unpacked them, in a folder of a test.
"""

import json
import os
import pathlib
import subprocess
import tempfile

OPS = pathlib.Path(__file__).resolve().parents[3] / "ops" / "logging"
# Difficult values in the form of the logging component's records, and what that really writes: its
# golden file.
_TESTS = pathlib.Path(__file__).resolve().parents[2]
_FILES = [_TESTS / "integration/logging/records.jsonl", _TESTS / "golden/log_records.json"]
RECORDS = [line for file in _FILES if file.exists() for line in file.read_text().splitlines()]


def programs():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("EVENTCORE_LOG_SHIPPERS", cache / "eventcore/log-shippers"))


class Shipper:
    """`configuration` is a file of ops/logging, in which `replaced` stands for the real places."""

    def __init__(self, name, configuration, replaced):
        self.root = programs() / name
        assert self.root.exists(), f"{self.root} is missing: scripts/bootstrap tests"
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.logs = self.folder / "logs"
        self.work = self.folder / "work"
        self.logs.mkdir()
        self.work.mkdir()
        text = (OPS / configuration).read_text()
        for old, new in replaced.items():
            assert old in text, f"{configuration} does not say {old}"
            text = text.replace(old, new.format(logs=self.logs, work=self.work))
        self.configuration = self.folder / "configuration"
        self.configuration.write_text(text)
        libraries = [self.root / "lib/x86_64-linux-gnu", self.root / "usr/lib/x86_64-linux-gnu",
                     self.root / "usr/lib/syslog-ng"]
        self.environment = dict(os.environ, LD_LIBRARY_PATH=":".join(map(str, libraries)))
        self.process = None
        self.number = 0
        subprocess.run(self.command() + self.check, env=self.environment, check=True, timeout=60,
                       capture_output=True)
        self.start()

    def start(self):
        with open(self.folder / "said", "a", encoding="utf-8") as said:
            self.process = subprocess.Popen(self.command() + self.foreground, stdout=said,
                                            stderr=said, env=self.environment)

    def stop(self, number):
        self.process.send_signal(number)
        self.process.wait(60)

    def close(self):
        self.process.kill()
        self.process.wait()
        self._folder.cleanup()

    def write(self, lines, file="shop.log"):
        with open(self.logs / file, "a", encoding="utf-8") as log:
            log.write("".join(line + "\n" for line in lines))

    def write_numbered(self, count):
        """Writes records with the numbers that come next, as `number`."""
        lines = [json.dumps({"time": "2026-01-02T03:04:05.123456789Z", "level": "INFO",
                             "message": "it happened", "number": self.number + i})
                 for i in range(count)]
        self.number += count
        self.write(lines)

    def said(self):
        return (self.folder / "said").read_text()[-3000:]


class Rsyslog(Shipper):
    check = ["-N1"]
    foreground = ["-n"]

    def __init__(self, port):
        super().__init__("rsyslog", "rsyslog.conf", {
            "/var/log/eventcore": "{logs}", "/var/spool/rsyslog": "{work}",
            "elasticsearch.logging.svc.cluster.local": "127.0.0.1", '"9200"': f'"{port}"'})

    def command(self):
        return [str(self.root / "usr/sbin/rsyslogd"), "-iNONE", "-f", str(self.configuration),
                "-M", str(self.root / "usr/lib/x86_64-linux-gnu/rsyslog")]


class SyslogNg(Shipper):
    check = ["-s"]
    foreground = ["-F"]

    def __init__(self, port):
        super().__init__("syslog-ng", "syslog-ng.conf", {
            "/var/log/eventcore": "{logs}", "/var/lib/syslog-ng": "{work}",
            "elasticsearch.logging.svc.cluster.local:9200": f"127.0.0.1:{port}"})

    def command(self):
        return [str(self.root / "usr/sbin/syslog-ng"), "--no-caps", "-f", str(self.configuration),
                "--module-path", str(self.root / "usr/lib/syslog-ng/3.38"),
                "-R", str(self.work / "persist"), "-c", str(self.work / "control"),
                "-p", str(self.work / "pid")]
