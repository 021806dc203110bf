"""Runs eventcore-shop for the tests."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from reference_report import with_decimals

EXIT_SKIPPED = 77


def program():
    """Returns the program under test, the first argument of every test."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} PATH-OF-eventcore-shop [...]")
    return os.path.abspath(sys.argv[1])


def run(*arguments, expect=0, **options):
    """Runs the shop to its end and returns its result."""
    result = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True,
                            timeout=240, check=False, **options)
    assert result.returncode == expect, (
        f"{arguments}: exit code {result.returncode}, expected {expect}\n"
        f"{result.stdout}\n{result.stderr}")
    return result


def wait_until(condition):
    """Returns once `condition()` holds, which it must within a minute."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit, "waited for a minute in vain"
        time.sleep(0.0005)


def report(store):
    return with_decimals(json.loads(run("report", "--store", store, "--json").stdout))


def workspace():
    return tempfile.TemporaryDirectory(prefix="eventcore-shop-")


def real_file():
    """Returns the real data, if the second argument names a file that is there."""
    path = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    return path if path is not None and path.is_file() else None
