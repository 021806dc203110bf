"""The shop's report equals one that is computed from the file without the shop.

usage: replay_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import csv
import pathlib

from reference_report import COLUMNS, reference_report
from retail_generator import generate
from shop_program import real_file, report, run, workspace

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
    generated_files_are_reported_right()
    the_real_file_is_reported_right()
