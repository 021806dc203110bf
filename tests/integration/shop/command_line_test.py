"""What the program says on its standard streams, and what it never says.

usage: command_line_test.py PATH-OF-eventcore-shop
"""

import os
import pathlib
import signal
import subprocess

from reference_report import COLUMNS
from shop_program import program, run, wait_until, workspace

DATA = ",".join(COLUMNS) + "\n901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"
URL = "postgres://ann:s3cret@127.0.0.1:1/db"  # where nobody listens


def one_line(result):
    assert result.stderr.startswith("eventcore-shop: ") and result.stderr.count("\n") == 1, (
        result.stderr)
    return result.stderr


def no_message_shows_a_password():
    report = ("report", "--store", "memory:")
    for arguments in ((*report, URL), (*report, f"--json={URL}"), (URL,), ("report", URL),
                      ("replay", "x", "--store", "memory:", "--concurrency", URL),
                      ("serve", "--store", "memory:", "--listen", URL),
                      ("serve", "--store", "memory:", "--metrics-listen", URL),
                      ("load", "--url", URL), ("load", "--rate", URL), ("load", "--duration", URL),
                      ("report", "--store", "host=h password=s3c:ret"),
                      ("report", "--store", "host=h password=s3cret"), ("report", f"--bogus={URL}"),
                      ("replay", URL, "--store", "memory:"), ("serve", "--store", URL)):
        result = run(*arguments, expect=4 if arguments == ("serve", "--store", URL) else 2)
        assert "s3c" not in result.stderr + result.stdout, (arguments, result.stderr)
        one_line(result)


def usage_errors_are_one_line_that_names_the_fault():
    for arguments, named in (((), "subcommand"), (("frobnicate", "--store", "x"), "'frobnicate'"),
                             (("--bogus",), "'--bogus'"), (("report",), "--store"),
                             (("report", "--store", "memory:", "more"), "more"),
                             (("replay", "x", "--store", "memory:", "--concurrency", "0"),
                              "--concurrency")):
        message = one_line(run(*arguments, expect=2))
        assert named in message and message.endswith(" (see --help)\n"), message
    assert "--store" in run("report", "--help").stdout


def output_that_can_not_be_written_is_told(folder):
    path = pathlib.Path(folder, "good.csv")
    path.write_text(DATA)
    store = f"sqlite:{folder}/shop.db"
    run("replay", path, "--store", store)

    def fails(out, *arguments):
        result = subprocess.run([program(), *map(str, arguments)], stdout=out, timeout=60,
                                stderr=subprocess.PIPE, text=True, check=False)
        assert result.returncode == 1, result
        assert "standard output" in one_line(result), result

    for arguments in (("report", "--store", store), ("replay", path, "--store", store),
                      ("report", "--help")):
        with open("/dev/full", "w", encoding="utf-8") as full:
            fails(full, *arguments)
        reader, writer = os.pipe()
        os.close(reader)
        fails(writer, *arguments)
        os.close(writer)


def open_files(pid):
    names = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            names[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:  # closed meanwhile
            pass
    return names


def closed_streams_are_no_files_of_the_shop(folder):
    def close_all():
        for stream in range(3):
            os.close(stream)

    process = subprocess.Popen(
        [program(), "serve", "--store", f"sqlite:{folder}/closed.db", "--listen", "127.0.0.1:0",
         "--metrics-listen", "127.0.0.1:0"], preexec_fn=close_all)
    try:
        wait_until(lambda: any(".db" in name for name in open_files(process.pid).values()))
        streams = [open_files(process.pid).get(number) for number in range(3)]
        assert streams == ["/dev/null"] * 3, streams
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    no_message_shows_a_password()
    usage_errors_are_one_line_that_names_the_fault()
    with workspace() as place:
        output_that_can_not_be_written_is_told(place)
        closed_streams_are_no_files_of_the_shop(place)
