"""A program of the tests that shows metrics and does what it is told, a line each.

It says `metrics PORT`, answers each line of its input with `done`, and ends with its input.
"""

import contextlib
import http.client
import signal
import subprocess

LIMIT = 60  # seconds; only a hang takes that long


class ObedientProcess:
    def __init__(self, *command):
        self.process = subprocess.Popen([str(each) for each in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        word, _, port = self.process.stdout.readline().partition(" ")
        assert word == "metrics", f"it ended with {self.process.wait(LIMIT)}"
        self.port = int(port)
        self.is_killed = False

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"{text}: {answer}"

    def page(self):
        """Returns the text of its metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, answer.status
        return text

    def kill(self):
        self.is_killed = True
        self.process.kill()
        self.process.wait(LIMIT)


@contextlib.contextmanager
def obeying(process):
    """Gives the process, which must end well unless it was killed."""
    try:
        yield process
        with contextlib.suppress(OSError):
            process.process.stdin.close()
        code = process.process.wait(LIMIT)
        assert code == (-signal.SIGKILL if process.is_killed else 0), code
    finally:
        process.process.kill()
        process.process.wait()
        for stream in (process.process.stdin, process.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
