"""The unit of the shop, by systemd's own checks and with the real shop.

usage: systemd_test.py PATH-OF-eventcore-shop PATH-OF-systemd-analyze [PATH-OF-strace]

The service manager does not run here. Instead the shop gets the unit's command line, and does only
what the filter of system calls lets through.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from deployment import PROBES, get, option_findings, running, stop_seconds, with_value
from kit import OPS, fail_if, run

SHOP, ANALYZE, *STRACE = sys.argv[1:]
UNIT = OPS / "systemd" / "eventcore-shop.service"
SCORE_MAX = "15"  # tenths: "OK" ends at 2, and a service without settings has 9.6


def settings(text):
    """Returns the values of each setting, in order."""
    found = {}
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for name, value in re.findall(r"^(\w+)=(.*)$", lines.replace("\\\n", " "), re.M):
        found.setdefault(name, []).append(value.strip())
    return found


def command(unit):
    """Returns what systemd runs, as arguments."""
    values = dict(value.split("=", 1) for value in unit["Environment"])
    arguments = []
    for word in shlex.split(unit["ExecStart"][0]):
        if word.startswith("$") and not word.startswith("${"):
            arguments += shlex.split(values[word[1:]])
        else:
            arguments.append(re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], word))
    return arguments


def allowed_calls(unit):
    """Returns the system calls that the filter lets through."""
    sets = {}
    for line in run(ANALYZE, "--no-pager", "syscall-filter").splitlines():
        if line.startswith("@"):
            members = sets.setdefault(line.strip(), [])
        elif line.startswith("    ") and not line.strip().startswith("#"):
            members.append(line.strip())

    def calls(name):
        if not name.startswith("@"):
            return {name}
        return {call for member in sets[name] for call in calls(member)}

    allowed = set()
    for value in unit["SystemCallFilter"]:
        named = {call for word in value.lstrip("~").split() for call in calls(word)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def made_calls(trace):
    # `clone(` and `<... clone resumed>`, behind the number of the thread.
    return set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", trace.read_text(), re.M))


def systemd_agrees(folder):
    run(ANALYZE, "security", "--offline=true", f"--threshold={SCORE_MAX}", "--no-pager", str(UNIT))
    # The program is where the package puts it, which is not here.
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/bin/eventcore-shop", SHOP))
    run(ANALYZE, "verify", "--man=no", str(unit))
    weak = folder / "weak.service"
    weak.write_text(f"[Service]\nExecStart={SHOP}\n")
    run(ANALYZE, "security", "--offline=true", f"--threshold={SCORE_MAX}", "--no-pager", str(weak),
        status=1)


def the_shop_runs_as_it_says(unit, folder):
    arguments = command(unit)
    state = f"/var/lib/{unit['StateDirectory'][0]}"
    fail_if(option_findings(UNIT.name, SHOP, arguments[1:]))
    assert with_value(arguments, "--store", "") != arguments and state in " ".join(arguments)
    arguments = [word.replace(state, str(folder)) for word in arguments]
    assert arguments[0] == "/usr/bin/eventcore-shop"
    arguments[0] = SHOP
    trace = folder / "trace"
    tracer = [*STRACE, "--follow-forks", "--quiet=all", f"--output={trace}"] if STRACE else []
    with running(arguments, folder, tracer=tracer) as urls:
        for path in sorted(PROBES | {"/metrics"}):
            assert get(urls["host"], path) == 200, path
    if STRACE:
        made = made_calls(trace)
        assert {"openat", "futex", "accept"} <= made, made
        # SQLite gives files of root's to the database's owner; the unit's user is not root.
        of_root = {"fchown"} if os.geteuid() == 0 else set()
        return sorted(made - allowed_calls(unit) - of_root)
    return []


def main():
    unit = settings(UNIT.read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        systemd_agrees(folder)
        refused = the_shop_runs_as_it_says(unit, folder)
        assert not refused, f"the unit's filter refuses {refused}"
    seconds = int(unit["TimeoutStopSec"][0].removesuffix("s"))
    assert seconds > stop_seconds(), "systemd kills the shop while it ends"


if __name__ == "__main__":
    main()
