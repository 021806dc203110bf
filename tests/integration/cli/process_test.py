"""The tool as a process: signals, pipes, terminals and full disks."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import unittest

from tool import DONE, FAILED, TIMEOUT, TOOL, ToolTest, line


def wait_until_ready(process):
    """Waits until the process takes signals: before, they end it like any other program."""
    stops = 1 << (signal.SIGINT - 1) | 1 << (signal.SIGTERM - 1)
    while process.poll() is None:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        blocked = int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16)
        if blocked & stops == stops:
            return
        os.sched_yield()


def wait_until_full(pipe):
    """Waits until nothing more fits into a pipe that nobody reads."""
    end = os.open(f"/proc/self/fd/{pipe.fileno()}", os.O_WRONLY)
    poll = select.poll()
    poll.register(end, select.POLLOUT)
    while poll.poll(0):
        os.sched_yield()
    os.close(end)


class Signals(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()

    def stop(self, process, number):
        """Sends the signal and returns stdout and stderr."""
        wait_until_ready(process)
        process.send_signal(number)
        # The end of its input, which `communicate` brings, must not be what stops it.
        process.wait(timeout=TIMEOUT)
        out, error = process.communicate()
        self.assertEqual(process.returncode, DONE, error)
        return out, error

    def test_end_following(self):
        self.append(line("a", data=1), line("b", data=1))
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start_tool("events", "--store", self.store, "--stream", "a", "--follow",
                                      "--json")
            seen = [json.loads(process.stdout.readline())["data"]]
            self.append(line("b", data=2), line("a", data=3))
            seen.append(json.loads(process.stdout.readline())["data"])
            self.append(line("a", data=4, metadata={"correlation_id": "x"}))
            seen.append(json.loads(process.stdout.readline())["data"])
            self.assertEqual(seen[:3], [1, 3, 4])
            out, error = self.stop(process, number)
            self.assertEqual(error, "")
            self.store = f"sqlite:{self.folder}/{number}.db"
            self.init()
            self.append(line("a", data=1), line("b", data=1))

    def test_end_following_of_a_correlation(self):
        process = self.start_tool("events", "--store", self.store, "--correlation", "x",
                                  "--follow", "--json")
        self.append(line("a", data=1),
                    line("a", data=2, metadata={"correlation_id": "x"}))
        self.assertEqual(json.loads(process.stdout.readline())["data"], 2)
        self.stop(process, signal.SIGINT)

    def test_end_following_of_a_time_that_is_to_come(self):
        process = self.start_tool("events", "--store", self.store, "--since", "2099-01-01",
                                  "--follow", "--json")
        wait_until_ready(process)
        self.append(line("a"))
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        out, _ = self.stop(process, signal.SIGINT)
        self.assertEqual(out, "")

    def test_end_an_append_behind_what_it_was_given(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start_tool("append", "--store", self.store, "--json")
            process.stdin.write(line("a") + line("a") + '{"stream":')
            process.stdin.flush()
            acks = [json.loads(process.stdout.readline()) for _ in range(2)]
            self.assertEqual([a["line"] for a in acks], [1, 2])
            out, error = self.stop(process, number)
            self.assertEqual((out, error), ("", ""))
        self.assertEqual(len(self.events()), 4)

    def test_end_an_atomic_append_with_nothing_stored(self):
        process = self.start_tool("append", "--store", self.store, "--atomic")
        process.stdin.write(line("a"))
        process.stdin.flush()
        wait_until_ready(process)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=TIMEOUT)
        _, error = process.communicate()
        self.assertEqual(process.returncode, FAILED)
        self.assertIn("interrupted", error)
        self.assertEqual(self.events(), [])

    def test_end_what_waits_for_a_writer(self):
        path = self.folder / "fifo"
        os.mkfifo(path)
        for options in ([], ["--atomic"]):
            process = self.start_tool("append", "--store", self.store, path, *options)
            wait_until_ready(process)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=TIMEOUT), FAILED if options else DONE)
        self.assertEqual(self.events(), [])

    def test_end_what_waits_for_a_reader(self):
        self.append(*(line("a", data="x" * 1_000) for _ in range(300)))
        for arguments in (["events", "--json"], ["events"], ["append", "--json"]):
            file = self.file("lines", line("b") * 5_000)
            arguments += [file] if arguments[0] == "append" else []
            process = self.start_tool(*arguments, "--store", self.store)
            wait_until_full(process.stdout)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=TIMEOUT), FAILED)
            self.assertIn("nobody reads the output", process.stderr.read())
        self.assertIn("no findings", self.succeed("verify", "--store", self.store))

    def test_end_a_backup_that_is_good_up_to_there(self):
        self.append(*(line("a", data="x" * 1_000) for i in range(3_000)))
        path = self.folder / "a.ecb"
        process = self.start_tool("backup", "--store", self.store, path, "--json")
        out, error = self.stop(process, signal.SIGINT)
        done = json.loads(out)
        if done["last_position"] < 3_000:
            self.assertIn("--incremental-from", error)
        store = f"sqlite:{self.folder}/copy.db"
        self.succeed("restore", "--store", store, path)
        self.assertEqual(len(self.events(store=store)), done["last_position"])

    def test_end_a_restore_that_can_be_resumed(self):
        self.append(*(line("a", data=i) for i in range(3_000)))
        path = self.folder / "a.ecb"
        self.succeed("backup", "--store", self.store, path)
        copy = f"sqlite:{self.folder}/copy.db"
        process = self.start_tool("restore", "--store", copy, path, "--json")
        while not (self.folder / "copy.db").exists() and process.poll() is None:
            os.sched_yield()
        out, error = self.stop(process, signal.SIGTERM)
        if not json.loads(out)["complete"]:
            self.assertIn("--resume", error)
        self.succeed("restore", "--store", copy, path, "--resume")
        self.assertEqual(self.events(store=copy), self.events())


class Pipes(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(line("a", data="x" * 100) for _ in range(5_000)))

    def test_may_be_closed_by_their_reader(self):
        for arguments in (["events"], ["events", "--json"], ["streams"]):
            process = self.start_tool(*arguments, "--store", self.store)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(timeout=TIMEOUT), DONE)
            self.assertEqual(process.stderr.read(), "")

    def test_may_have_a_name(self):
        path = self.folder / "fifo"
        os.mkfifo(path)
        process = self.start_tool("append", "--store", self.store, path)
        with open(path, "w", encoding="utf-8") as fifo:
            fifo.write(line("b") * 10)
        self.assertEqual(process.wait(timeout=TIMEOUT), DONE)
        self.assertEqual(len(self.events("--stream", "b")), 10)

    def test_may_be_closed_while_following(self):
        process = self.start_tool("events", "--store", self.store, "--follow", "--json")
        process.stdout.readline()
        process.stdout.close()
        self.append(*(line("a") for _ in range(2_000)))
        self.assertEqual(process.wait(timeout=TIMEOUT), DONE)

    def test_may_be_closed_while_their_input_is_appended(self):
        path = self.file("lines", line("b") * 20_000)
        process = self.start_tool("append", "--store", self.store, "--json", path)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=TIMEOUT), DONE)
        self.assertEqual(process.stderr.read(), "")
        self.assertEqual(len(self.events("--stream", "b")), 20_000)

    def test_may_lead_to_a_full_disk_while_their_input_is_appended(self):
        path = self.file("lines", line("b") * 3_000)
        for count, options in enumerate(([], ["--json"], ["--atomic"], ["--atomic", "--json"]), 1):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([TOOL, "append", "--store", self.store, path, *options],
                                        stdout=full, stderr=subprocess.PIPE, text=True,
                                        timeout=TIMEOUT, check=False)
            self.assertEqual(result.returncode, FAILED)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertIn("No space left on device; 3,000 events are stored", result.stderr)
            self.assertEqual(len(self.events("--stream", "b")), count * 3_000)

    def test_may_lead_to_a_full_disk(self):
        for arguments in (["events"], ["stats"], ["--help"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([TOOL, *arguments, "--store", self.store], stdout=full,
                                        stderr=subprocess.PIPE, text=True, timeout=TIMEOUT,
                                        check=False)
            self.assertEqual(result.returncode, FAILED)
            self.assertIn("No space left on device", result.stderr)


class ClosedStreams(ToolTest):
    """Standard input, output or error is closed."""

    def setUp(self):
        super().setUp()
        self.init()

    def run_without(self, descriptor, *arguments, stdin=""):
        return self.run_tool(*arguments, stdin=stdin, preexec_fn=lambda: os.close(descriptor))

    def test_give_nothing_to_append(self):
        for options in ([], ["--atomic"]):
            result = self.run_without(0, "append", "--store", self.store, *options)
            self.assertEqual(result.returncode, FAILED)
            self.assertIn("can't read standard input: Bad file descriptor; nothing is stored",
                          result.stderr)
        self.assertEqual(self.run_without(0, "stats", "--store", self.store).returncode, DONE)

    def test_take_no_output(self):
        result = self.run_without(1, "append", "--store", self.store, stdin=line("a"))
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("Bad file descriptor; 1 event is stored", result.stderr)
        result = self.run_without(2, "append", "--store", self.store, stdin=line("a"))
        self.assertEqual((result.returncode, result.stderr), (DONE, ""))
        self.assertIn("no findings", self.succeed("verify", "--store", self.store))
        self.assertEqual(len(self.events()), 2)


class Terminals(ToolTest):
    """Standard output or error is a terminal."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(line("a", data="x" * 200 + "\x1b") for _ in range(50)))

    def run_on_terminal(self, stream, *arguments):
        """Runs the tool with `stream` on a terminal and returns what it shows."""
        ours, theirs = pty.openpty()
        other = "stderr" if stream == "stdout" else "stdout"
        process = subprocess.Popen([TOOL, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   **{stream: theirs, other: subprocess.PIPE})
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65_536):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(ours)
        process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, DONE)
        return shown.decode()

    def test_show_progress(self):
        shown = self.run_on_terminal("stderr", "verify", "--store", self.store)
        self.assertIn("\rverifying: ", shown)
        self.assertIn(" of 50 events", shown)
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown))
        shown = self.run_on_terminal("stderr", "backup", "--store", self.store,
                                     self.folder / "a.ecb")
        self.assertIn("\rbacking up: 50 of 50 events, 100 %", shown)

    def test_get_lines_that_fit(self):
        shown = self.run_on_terminal("stdout", "events", "--store", self.store)
        lines = shown.split("\r\n")
        self.assertEqual(max(map(len, lines)), 80)
        self.assertTrue(lines[1].endswith("…"))
        full = self.run_on_terminal("stdout", "events", "--store", self.store, "--full")
        self.assertGreater(max(map(len, full.split("\r\n"))), 200)
        self.assertNotIn("\x1b", full)


if __name__ == "__main__":
    unittest.main()
