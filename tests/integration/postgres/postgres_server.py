"""PostgreSQL servers for the tests, on loopback, with data of their own.

The program eventcore-test-postgres makes them, and ends them when this process ends in any way.
"""

import os
import subprocess

PROGRAM = os.environ.get("EVENTCORE_TEST_POSTGRES")
LIMIT = 120  # seconds; only a hang takes that long


class PostgresServer:
    """A server, with `standby=True` two of which one follows, with `pgbouncer=True` a pooler too.

    `server`, `standby`, `pair` and `pgbouncer` say how libpq reaches them, as conninfos without a
    database; `log` is a path.
    """

    def __init__(self, durable=False, standby=False, pgbouncer=False, settings=()):
        assert PROGRAM, "EVENTCORE_TEST_POSTGRES is not set"
        arguments = [f"--{name}" for name, wanted in
                     (("durable", durable), ("standby", standby), ("pgbouncer", pgbouncer))
                     if wanted]
        for setting in settings:
            arguments += ["--set", setting]
        self.process = subprocess.Popen([PROGRAM, "serve", *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.standby = self.pair = self.pgbouncer = None
        for line in self.process.stdout:
            name, _, value = line.rstrip("\n").partition(" ")
            if name == "ready":
                return
            assert name in ("server", "standby", "pair", "pgbouncer", "log"), line
            setattr(self, name, value)
        self.close()
        raise AssertionError(f"PostgreSQL ended with {self.process.returncode}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                print(log.read()[-4000:])
        self.close()

    def order(self, text):
        """`start`, `stop fast`, `stop immediate`, `pause`, `resume`, `fail over`,
        `restart pgbouncer`."""
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"{text}: {answer}"

    def uri(self, database="postgres", via="server"):
        """How libpq reaches a database, as a URI."""
        words = dict(word.split("=") for word in getattr(self, via).split())
        hosts = ",".join(f"{host}:{port}" for host, port in
                         zip(words["host"].split(","), words["port"].split(",")))
        rest = "&".join(f"{name}={value}" for name, value in words.items()
                        if name not in ("host", "port", "user"))
        return f"postgres://{words['user']}@{hosts}/{database}" + (f"?{rest}" if rest else "")

    def sql(self, statement, database="postgres", via="server"):
        """Runs SQL by psql and returns what it prints: rows without decoration."""
        result = subprocess.run(
            ["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement,
             f"{getattr(self, via)} dbname={database}"],
            capture_output=True, text=True, timeout=LIMIT, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout.rstrip("\n")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
