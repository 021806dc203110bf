"""Runs the eventcore tool as a user would."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

TOOL = os.environ["EVENTCORE_TOOL"]
TIMEOUT = 120  # seconds; only a hang takes that long

DONE, FAILED, BAD_INPUT, CONFLICT, STORE_UNUSABLE = range(5)


def line(stream, type="Happened", data=None, **fields):
    """Returns a JSON line for `eventcore append`."""
    return json.dumps({"stream": stream, "type": type, "data": data, **fields}) + "\n"


class ToolTest(unittest.TestCase):
    """A test with a folder of its own and a store in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = f"sqlite:{self.folder}/shop.db"

    def run_tool(self, *args, stdin="", **options):
        """Runs the tool with `stdin` and returns the finished process."""
        return subprocess.run([TOOL, *map(str, args)], input=stdin, capture_output=True,
                              text=True, timeout=TIMEOUT, check=False, **options)

    def start_tool(self, *args, **options):
        """Starts the tool with pipes."""
        process = subprocess.Popen([TOOL, *map(str, args)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def succeed(self, *args, stdin="", **options):
        """Runs the tool, expects exit code 0 and nothing on stderr, and returns stdout."""
        result = self.run_tool(*args, stdin=stdin, **options)
        self.assertEqual((result.returncode, result.stderr), (DONE, ""), args)
        return result.stdout

    def objects(self, *args, stdin=""):
        """Runs the tool with --json and returns the objects that it prints."""
        return [json.loads(text) for text in self.succeed(*args, "--json", stdin=stdin).splitlines()]

    def refuse(self, code, *args, stdin="", says=(), **options):
        """Runs the tool, expects `code` and one line on stderr that holds all of `says`."""
        result = self.run_tool(*args, stdin=stdin, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("eventcore"), result.stderr)
        for text in says:
            self.assertIn(text, result.stderr)
        return result

    def init(self):
        self.succeed("init", "--store", self.store)

    def append(self, *lines, options=()):
        return self.succeed("append", "--store", self.store, *options, stdin="".join(lines))

    def events(self, *options, store=None):
        return self.objects("events", "--store", store or self.store, *options)

    def file(self, name, content):
        """Writes a file and returns its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
