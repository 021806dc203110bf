"""A replay that is killed again and again ends with the same report as one that is not.

usage: kill_test.py PATH-OF-eventcore-shop [REAL-FILE]
"""

import pathlib
import random
import signal
import subprocess
import time

from reference_report import reference_report
from retail_generator import generate
from shop_program import program, report, run, workspace

KILLS = 6


def duration_of(path, concurrency):
    """Returns how long one whole replay takes here and now."""
    with workspace() as folder:
        begin = time.monotonic()
        run("replay", path, "--store", f"sqlite:{folder}/shop.db", "--concurrency", concurrency)
        return time.monotonic() - begin


def start(path, store, concurrency):
    return subprocess.Popen([program(), "replay", str(path), "--store", store,
                             "--concurrency", str(concurrency)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def survives_kills(path, concurrency, rng):
    expected, _ = reference_report(path.read_bytes())
    whole = duration_of(path, concurrency)
    killed = 0
    with workspace() as folder:
        store = f"sqlite:{folder}/shop.db"
        for _ in range(KILLS):
            replay = start(path, store, concurrency)
            time.sleep(rng.uniform(0, whole))
            replay.send_signal(signal.SIGKILL)
            replay.communicate(timeout=60)
            killed += replay.returncode == -signal.SIGKILL
        run("replay", path, "--store", store, "--concurrency", concurrency)
        assert report(store) == expected
        again = run("replay", path, "--store", store, "--concurrency", concurrency)
        assert "stored 0," in again.stdout, again.stdout
        assert report(store) == expected
    assert killed > 0, "no replay was killed before its end"


def stops_cleanly(path, concurrency, number):
    expected, _ = reference_report(path.read_bytes())
    with workspace() as folder:
        store = f"sqlite:{folder}/shop.db"
        replay = start(path, store, concurrency)
        time.sleep(0.2)
        replay.send_signal(number)
        out, err = replay.communicate(timeout=60)
        assert replay.returncode == 0, f"exit code {replay.returncode}\n{out}\n{err}"
        run("replay", path, "--store", store)
        assert report(store) == expected


if __name__ == "__main__":
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    with workspace() as place:
        file = pathlib.Path(place, "retail.csv")
        file.write_bytes(generate(seed, invoices=400, bad_share=0.01))
        for width in (1, 16):
            survives_kills(file, width, random.Random(seed + width))
            stops_cleanly(file, width, signal.SIGTERM)
            stops_cleanly(file, width, signal.SIGINT)
