"""The shop's report equals one that is computed from the file without the shop.

usage: replay_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import contextlib
import csv
import os
import pathlib
import signal
import subprocess

from reference_report import COLUMNS, reference_report
from retail_generator import generate
from shop_program import program, real_file, report, run, wait_until, workspace

HEADER = ",".join(COLUMNS) + "\n"
GOOD = "901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"


def replays_and_reports(data, folder, concurrency):
    """The report is right after one replay, and a second one changes nothing."""
    path = pathlib.Path(folder, "retail.csv")
    path.write_bytes(data)
    rejects = pathlib.Path(folder, "rejects.csv")
    store = f"sqlite:{folder}/shop-{concurrency}.db"
    expected, bad_lines = reference_report(data)
    for _ in range(2):
        result = run("replay", path, "--store", store, "--concurrency", concurrency,
                     "--rejects", rejects)
        assert report(store) == expected
        told = [int(line.split(":")[1]) for line in result.stderr.splitlines()]
        assert told == bad_lines, f"told of {told}, expected {bad_lines}"
        with open(rejects, encoding="utf-8", newline="") as file:
            assert [int(row[0]) for row in csv.reader(file)] == bad_lines
    assert "stored 0," in result.stdout, result.stdout
    run("replay", path, "--store", store, "--strict", expect=2 if bad_lines else 0)
    return expected


def generated_files_are_reported_right():
    for seed in range(4):
        for concurrency in (1, 16):
            with workspace() as folder:
                expected = replays_and_reports(generate(seed, invoices=120), folder, concurrency)
                assert expected["orders"] and expected["returns"] and expected["adjustments"]


def the_real_file_is_reported_right():
    path = real_file()
    if path is None:
        print("SKIPPED: the real file is not here")
        return
    for concurrency in (1, 16):
        with workspace() as folder:
            replays_and_reports(path.read_bytes(), folder, concurrency)


def what_is_wrong_has_its_exit_code():
    with workspace() as folder:
        good = pathlib.Path(folder, "good.csv")
        good.write_text(HEADER + GOOD)
        other = pathlib.Path(folder, "other.csv")
        other.write_text("a,b,c\n1,2,3\n")
        store = f"sqlite:{folder}/shop.db"
        run("replay", pathlib.Path(folder, "missing.csv"), "--store", store, expect=2)
        run("replay", folder, "--store", store, expect=2)
        run("replay", other, "--store", store, expect=2)
        run("replay", good, "--store", "nonsense:x", expect=2)
        run("replay", good, "--store", store, "--concurrency", 0, expect=2)
        run("replay", good, expect=2)
        run(expect=2)
        run("--help")
        run("report", "--store", f"sqlite:{folder}/missing.db", expect=4)
        not_a_database = pathlib.Path(folder, "text.db")
        not_a_database.write_text("this is not a database\n" * 100)
        run("replay", good, "--store", f"sqlite:{not_a_database}", expect=4)
        run("replay", good, "--store", store)
        run("replay", good, "--store", store)


def a_bad_row_costs_no_other_row():
    """Unclosed quotes, NULs and bad bytes stay in their rows."""
    with workspace() as folder:
        path = pathlib.Path(folder, "rows.csv")
        rows = [GOOD, GOOD.replace("Tea", '"Tea'), GOOD, GOOD.replace("Tea", 'Box 6"'),
                GOOD.replace("A1", "A\0"), GOOD.replace("Tea", "caf\xe9"), GOOD.replace("901", "9\0"),
                GOOD.replace("Tea", "two\nlines").replace(",two", ',"two').replace("nes,", 'nes",'),
                GOOD, GOOD.replace("Tea", '"Tea'), GOOD]
        numbered = [row.replace("901", str(1000 + i), 1) if "901" in row else row
                    for i, row in enumerate(rows)]
        path.write_bytes((HEADER + "".join(numbered)).encode("latin-1"))
        store = f"sqlite:{folder}/shop.db"
        result = run("replay", path, "--store", store)
        assert [line.removeprefix(f"{path}:") for line in result.stderr.splitlines()] == [
            "3: a quoted field has no end", "6: stock code has a control character",
            "8: invoice has a control character", "12: a quoted field has no end"], result.stderr
        assert "stored 7," in result.stdout and "rows read 11, rejected 4" in result.stdout
        assert report(store)["orders"] == 7


def rejects_overwrite_nothing():
    with workspace() as folder:
        data = HEADER + GOOD + "902,A1\n"
        path, link = pathlib.Path(folder, "in.csv"), pathlib.Path(folder, "link.csv")
        path.write_text(data)
        link.symlink_to(path)
        hard = pathlib.Path(folder, "hard.csv")
        hard.hardlink_to(path)
        store = pathlib.Path(folder, "shop.db")
        for _ in range(2):  # without the store and with it
            for rejects in (path, link, hard, f"{folder}/../{pathlib.Path(folder).name}/in.csv",
                            store, f"{store}-wal", f"{store}-writers"):
                result = run("replay", path, "--store", f"sqlite:{store}", "--rejects", rejects,
                             expect=2)
                assert "--rejects would overwrite" in result.stderr, result.stderr
                assert path.read_text() == data
            run("replay", path, "--store", f"sqlite:{store}")
            assert report(f"sqlite:{store}")["orders"] == 1
        rejects = pathlib.Path(folder, "rejects.csv")
        rejects.write_text("of before")
        run("replay", path, "--store", "nonsense:x", "--rejects", rejects, expect=2)
        assert rejects.read_text() == "of before"
        run("replay", path, "--store", f"sqlite:{store}", "--rejects", rejects)
        assert rejects.read_text().startswith("3,"), rejects.read_text()


def pipes_are_read_and_left():
    with workspace() as folder:
        pipe = pathlib.Path(folder, "pipe")
        os.mkfifo(pipe)
        store = f"sqlite:{folder}/shop.db"
        for begun in (False, True):
            replay = subprocess.Popen([program(), "replay", str(pipe), "--store", store],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            writer = open(pipe, "w", encoding="utf-8") if begun else None
            if writer:
                writer.write(HEADER + GOOD)
                writer.flush()
            else:
                # It handles signals once its second thread is there.
                wait_until(lambda: len(os.listdir(f"/proc/{replay.pid}/task")) > 1)
            replay.send_signal(signal.SIGTERM)
            out, err = replay.communicate(timeout=30)
            assert replay.returncode == 0, (replay.returncode, out, err)
            assert err.count("\n") == 1 and "stopped" in err, err
            if writer:
                with contextlib.suppress(BrokenPipeError):
                    writer.close()
        replay = subprocess.Popen([program(), "replay", str(pipe), "--store", store])
        with open(pipe, "w", encoding="utf-8") as writer:
            writer.write(HEADER)
            writer.flush()
            writer.write(GOOD)
        assert replay.wait(timeout=30) == 0
        assert report(store)["orders"] == 1


def an_empty_file_sells_nothing():
    with workspace() as folder:
        path = pathlib.Path(folder, "empty.csv")
        path.write_text(HEADER)
        store = f"sqlite:{folder}/shop.db"
        run("replay", path, "--store", store, "--strict")
        assert report(store)["orders"] == 0
        path.write_text("")
        run("replay", path, "--store", store, expect=2)


if __name__ == "__main__":
    what_is_wrong_has_its_exit_code()
    an_empty_file_sells_nothing()
    a_bad_row_costs_no_other_row()
    rejects_overwrite_nothing()
    pipes_are_read_and_left()
    generated_files_are_reported_right()
    the_real_file_is_reported_right()
