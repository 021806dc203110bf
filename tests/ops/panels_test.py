"""Every panel of every dashboard has data: of shops on PostgreSQL under load, one on SQLite and a
process that is ill, in a real Prometheus with the rules, as the program that draws the panels asks
for it.

usage: panels_test.py PATH-OF-eventcore-shop PATH-OF-patient PATH-OF-eventcore PATH-OF-prometheus
Needs EVENTCORE_TEST_POSTGRES.

What a panel shows of a fault may be 0.
"""

import contextlib
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

from dashboards import FOLDER, dashboards, grafana_dashboards
from kit import OPS, ROOT, fail_if
from obedient_process import ObedientProcess, obeying
from panel_data import Prometheus, Window, panels_of, read
from postgres_server import PostgresServer
from server_process import server

SHOP, PATIENT, EVENTCORE, PROMETHEUS = sys.argv[1:]
LIMIT = 240  # seconds, on a loaded machine; it takes 40 on one that is not


@contextlib.contextmanager
def collector():
    """Accepts whatever an exporter of OpenTelemetry sends. Gives its URL."""
    class Accept(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accept)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@contextlib.contextmanager
def demo(store, folder, *arguments, collected=None):
    """Runs shop and customers in one process. Gives where its metrics are."""
    process = subprocess.Popen(
        [SHOP, "demo", "--store", store, "--listen", "127.0.0.1:0", "--metrics-listen",
         "127.0.0.1:0", "--duration", f"{LIMIT + 60}s", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
        env=os.environ | ({"OTEL_EXPORTER_OTLP_ENDPOINT": collected} if collected else {}))
    try:
        urls = dict(process.stdout.readline().split() for _ in range(3))
        yield urls["metrics"].removeprefix("http://").removesuffix("/metrics")
        assert process.poll() is None, f"the shop ended with {process.returncode}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextlib.contextmanager
def patient(folder):
    """Runs what no shop does: an event that nobody can apply, and commands that discover streams.
    Gives where its metrics are."""
    with obeying(ObedientProcess(PATIENT, f"sqlite:{folder}/patient.db", "park", 0)) as process:
        process.order("poison")
        process.order("explore")
        yield f"127.0.0.1:{process.port}"


def configuration(postgres, sqlite):
    """Returns ops/prometheus/prometheus.yml for these, with intervals of a second."""
    given = (OPS / "prometheus" / "prometheus.yml").read_text()
    target = 'targets: ["127.0.0.1:9464"]'
    assert given.count(target) == 1
    return (given.replace("_interval: 15s", "_interval: 1s")
            .replace(target, target.replace("127.0.0.1:9464", '", "'.join(postgres)))
            + "  - job_name: eventcore-sqlite\n    static_configs:\n"
              f'      - targets: ["{sqlite}"]\n')


@contextlib.contextmanager
def prometheus(folder, config):
    """Gives the URL of a Prometheus with the rules of the kit."""
    shutil.copy(OPS / "prometheus" / "prometheus-alerts.yaml", folder)
    (folder / "prometheus.yml").write_text(config)
    with server("prometheus", folder, lambda address: [
            PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}",
            "--enable-feature=exemplar-storage"]) as (address, _):
        yield f"http://{address}"


def look_after(store, folder):
    """Makes a store that remembers a backup, a restore of it and a verification."""
    archive = folder / "first.ecb"
    for command in (["init", "--store", store], ["backup", "--store", store, archive],
                    ["restore", "--store", "memory:", "--verify", "--remember-in", store, archive],
                    ["verify", "--store", store, "--remember"]):
        subprocess.run([EVENTCORE, *command], check=True, capture_output=True, timeout=60)


def rebuild(store):
    subprocess.run([EVENTCORE, "projections", "rebuild", "--store", store, "stock_levels",
                    "--no-wait"], check=True, capture_output=True, timeout=60)


def expected():
    """Returns the dashboards with those panels and queries only that have to find something."""
    rare = {(panel["title"], query["legend"]) for each in grafana_dashboards.descriptions()
            for row in each["rows"] for panel in row["panels"]
            for query in panel["queries"] if "needs" in query}
    for dashboard in dashboards():
        panels = panels_of(dashboard)
        for panel in panels:
            panel["targets"] = [target for target in panel["targets"]
                                if (panel["title"], target["legendFormat"]) not in rare]
        yield dashboard | {"panels": panels}


def still_empty(url, asked):
    """Returns the dashboards with those queries only that find nothing yet."""
    end = time.time()
    for dashboard in asked:
        series = read(Prometheus(url), dashboard, Window(end - 60, end, 1, "10s"), {})
        for panel in dashboard["panels"]:
            found = {each.target for each in series.get(panel["id"], ())}
            panel["targets"] = [target for target in panel["targets"]
                                if target["refId"] not in found]
        panels = [panel for panel in dashboard["panels"] if panel["targets"]]
        if panels:
            yield dashboard | {"panels": panels}


def wait_for_data(url, store):
    limit = time.monotonic() + LIMIT
    asked = list(expected())
    assert sum(len(each["panels"]) for each in asked) > 120
    while asked := list(still_empty(url, asked)):
        titles = [panel["title"] for dashboard in asked for panel in dashboard["panels"]]
        assert time.monotonic() < limit, titles
        # A rebuild of few events is over before anybody looks.
        if any(title.startswith("Rebuild") for title in titles):
            rebuild(store)
        time.sleep(0.5)


def preview(url, folder, *arguments, status):
    done = subprocess.run(
        [ROOT / "scripts" / "panel_preview", "--prometheus", url, "--output", folder,
         "--range", f"{LIMIT + 60}s", "--points", f"{LIMIT + 60}", "--rate-interval", "10s",
         *arguments],
        capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def the_preview_draws_them(url, folder):
    said = preview(url, folder, status=0)
    yield from (line for line in said.splitlines() if line.startswith("no data: "))
    for dashboard in dashboards():
        tree = xml.etree.ElementTree.parse(folder / f"{dashboard['uid']}.svg")
        texts = " ".join(each.text or "" for each in tree.iter("{http://www.w3.org/2000/svg}text"))
        if dashboard["title"] not in texts or "NaN" in texts:
            yield f"{dashboard['title']}: its picture is wrong"
        # Titles that have no room are cut.
        yield from (f"{dashboard['title']}: {panel['title']} is not drawn"
                    for panel in panels_of(dashboard) if panel["title"][:12] not in texts)


def the_preview_tells_what_is_missing(url, folder):
    """A job that nobody has leaves panels empty, and they are named."""
    said = preview(url, folder, "--set", "job=nobody", FOLDER / "eventcore-operations.json",
                   status=1)
    if "no data: EventCore Operations: Command Execution Rate\n" not in said:
        yield f"an empty panel goes unnoticed: {said}"
    preview("http://127.0.0.1:1", folder, status=2)


def main():
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, PostgresServer() as postgres_server, \
            collector() as collected:
        folder = pathlib.Path(name)
        postgres_server.sql("CREATE DATABASE shop")
        store = postgres_server.uri("shop")
        look_after(store, folder)
        # Two that share a store, since commands of one process don't conflict.
        sharing = (store, folder, "--read-models", "postgres", "--rate", "25",
                   "--canary", "1s")
        with demo(*sharing) as one, demo(*sharing) as other, \
                demo(f"sqlite:{folder}/shop.db", folder, "--rate", "10",
                     collected=collected) as sqlite, patient(folder) as ill, \
                prometheus(folder, configuration([one, other, ill], sqlite)) as url:
            wait_for_data(url, store)
            fail_if([*the_preview_draws_them(url, folder),
                     *the_preview_tells_what_is_missing(url, folder)])
    print(f"all panels had data, in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
