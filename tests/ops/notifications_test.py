"""From a fault to the one who is told, and back: a shop on PostgreSQL with faults by name, Prometheus
with the rules of the kit for short values, Alertmanager with its configuration, and stand-ins for
webhook, chat, pager and mail.

usage: notifications_test.py PATH-OF-eventcore-shop PATH-OF-eventcore PATH-OF-prometheus
       PATH-OF-prometheus-alertmanager
Needs EVENTCORE_TEST_POSTGRES.

Each fault makes the alert of the table in docs/guide/operations.md arrive with its words, and
nothing else, and when it is over, that it is. Prints how long that took.
"""

import contextlib
import dataclasses
import html
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

from kit import OPS, ROOT, alertmanager, run
from notification_sinks import sinks
from postgres_server import PostgresServer
from server_process import ask, free_port, server, wait_for

SHOP, EVENTCORE, PROMETHEUS, ALERTMANAGER = sys.argv[1:]
ARRIVES = 90  # seconds, on a loaded machine
WAYS = {"critical": {"mail", "chat", "pager"}, "warning": {"chat"}, "info": {"webhook"}}
CHANNELS = {"critical": "#critical-alerts", "warning": "#warnings"}


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    alert: str
    severity: str
    summary: str
    description: str  # a part of it
    runbook: str
    title: str = ""   # how the subject begins; default: the summary
    after: tuple = ()  # what else may arrive, caused by how it is ended: alert, severity

    def is_subject(self, state, text):
        """Of several that one notification tells of, the first is in its subject."""
        title = re.escape(self.title or self.summary)
        return re.fullmatch(rf"\[{state}\] {title}\S*( and \d more)?", text)


class Shop:
    """`eventcore-shop serve` on ports that it keeps when it is started again."""

    def __init__(self, folder, store, *more):
        self.listen, self.metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.command = [
            SHOP, "serve", "--store", store, "--read-models", "postgres", "--lease", "3s",
            "--listen", self.listen, "--metrics-listen", self.metrics, "--fault", "none",
            "--log", "off", *more]
        self.folder = folder
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=subprocess.PIPE,
                                        text=True)
        assert self.process.stdout.readline().startswith("shop "), "the shop does not start"

    def fault(self, method, name):
        request = urllib.request.Request(f"http://{self.listen}/faults/{name}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)[name] == (method == "PUT")

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.communicate(timeout=60)


@contextlib.contextmanager
def shops(folder, store):
    """Two that share the store: one keeps the read models, the other one has the customers."""
    pair = [Shop(folder, store), Shop(folder, store, "--canary", "2s")]
    customers = None
    try:
        for shop in pair:
            shop.start()
            wait_for("its projections run", lambda shop=shop: "caught_up" in ask(
                shop.metrics, "/metrics"), shop.process)
        customers = subprocess.Popen(
            [SHOP, "load", "--url", f"http://{pair[1].listen}", "--rate", "20", "--duration",
             "600s"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield pair
    finally:
        if customers is not None:
            customers.send_signal(signal.SIGINT)
            customers.wait(timeout=60)
        for shop in pair:
            shop.end()


def alertmanager_configuration(folder, receivers):
    """The kit's, with the addresses of the stand-ins and pauses of seconds."""
    config = alertmanager()
    config["global"] = {"smtp_smarthost": receivers.mail, "smtp_from": "alerts@example.com",
                        "smtp_require_tls": False, "slack_api_url_file": "secrets/chat-url",
                        "pagerduty_url": receivers.url + "/pager"}
    route = config["route"]
    route |= {"group_wait": "2s", "group_interval": "2s"}
    text = yaml.safe_dump(config)
    assert text.count("http://127.0.0.1:9095/") == 2
    (folder / "secrets").mkdir()
    (folder / "secrets" / "chat-url").write_text(receivers.url + "/chat")
    (folder / "secrets" / "pager-key").write_text("key")
    shutil.copy(OPS / "alertmanager" / "eventcore.tmpl", folder)
    (folder / "alertmanager.yml").write_text(text.replace("http://127.0.0.1:9095", receivers.url))


def prometheus_configuration(folder, alerts, pair):
    run(str(ROOT / "scripts" / "ops"), "--thresholds",
        str(OPS / "prometheus" / "thresholds-short.yaml"), "--output",
        str(folder / "prometheus-alerts.yaml"))
    given = (OPS / "prometheus" / "prometheus.yml").read_text()
    targets = '", "'.join(shop.metrics for shop in pair)
    (folder / "prometheus.yml").write_text(
        given.replace("_interval: 15s", "_interval: 1s").replace("127.0.0.1:9093", alerts)
        .replace("127.0.0.1:9464", targets))


def alive(address):
    """Returns the alerts that fire or are about to. Budgets of weeks, which a fault of seconds does
    not use up, remember it for long."""
    found = json.loads(ask(address, "/api/v1/alerts"))["data"]["alerts"]
    return {(each["labels"]["alertname"], each["state"]) for each in found
            if each["state"] == "firing" or not each["labels"]["alertname"].endswith("BudgetBurn")
            } - {("Watchdog", "firing")}


class Run:
    def __init__(self, receivers, prometheus, process):
        self.receivers = receivers
        self.prometheus = prometheus
        self.process = process

    def all_is_quiet(self):
        wait_for(lambda: f"all alerts have ended: {alive(self.prometheus)}",
                 lambda: not alive(self.prometheus), self.process)

    def check_words(self, told, fault):
        """What says that it fires."""
        assert fault.summary in told.subject + told.text + json.dumps(told.more), told
        assert fault.description in told.text, told
        if told.way in ("mail", "chat"):
            assert fault.is_subject(fault.severity.upper(), told.subject), told
            assert f"/{fault.runbook}.md" in told.text, told
        if told.way == "chat":
            assert told.where == CHANNELS[fault.severity], told
        if told.way == "mail":
            assert told.where == "oncall@example.com", told
            assert fault.summary in html.unescape(told.more["html"]), told
        if told.way == "pager":
            assert told.where == "key", told
            assert fault.is_subject("CRITICAL", told.subject), told

    def take(self, fault, begin, end):
        """`begin` makes the fault, `end` ends it."""
        self.all_is_quiet()
        mark = len(self.receivers.arrived)
        began = time.monotonic()
        begin()
        ways = WAYS[fault.severity]
        told = [self.receivers.wait_for(
            f"{fault.alert} by {way}", lambda each, way=way:
            each.way == way and fault.description in each.text, mark, ARRIVES)
            for way in sorted(ways)]
        for each in told:
            assert each.status == "firing" and set(each.alerts) == {fault.alert}, each
            self.check_words(each, fault)
        ended = time.monotonic()
        end()
        over = [self.receivers.wait_for(
            f"{fault.alert} is resolved, by {way}", lambda each, way=way:
            each.way == way and each.status == "resolved", mark, ARRIVES) for way in sorted(ways)]
        for each in over:
            if each.way in ("mail", "chat"):
                assert fault.is_subject("RESOLVED", each.subject), each
                assert "Resolved: " + (fault.title or fault.summary) in each.text, each
        self.only(fault, mark)
        print(f"{fault.name:18} {fault.alert:22} told after "
              f"{max(each.at for each in told) - began:4.1f} s by {', '.join(sorted(ways))}; "
              f"resolved {max(each.at for each in over) - ended:4.1f} s after its end", flush=True)
        return mark

    def only(self, fault, mark):
        """Nothing arrived by any way but this alert, and what ending the fault causes."""
        self.all_is_quiet()
        expected = {(fault.alert, way) for way in WAYS[fault.severity]}
        expected |= {(alert, way) for alert, severity in fault.after for way in WAYS[severity]}
        for each in self.receivers.since(mark):
            # Of a pager's end only the key of what ends is sent.
            names = set(each.alerts) or {fault.alert}
            assert {(name, each.way) for name in names} <= expected, each


def skip_poison(database, store):
    """What an operator does about an event that nobody can read."""
    position = database.sql("SELECT max(position) FROM eventcore.log "
                            "WHERE stream = 'product-poison'", "shop")
    run(EVENTCORE, "projections", "skip", "--store", store, "stock_levels", "--position", position)


def end_to_end(test, worker, front, store, database):
    def switched(shop, name):
        return {"begin": lambda: shop.fault("PUT", name),
                "end": lambda: shop.fault("DELETE", name)}

    test.take(Fault("slow-commits", "CommitSlow", "warning",
                    f"Commits of {front.metrics} are slow", "The 99th percentile of commits by",
                    "store-latency-and-commit"), **switched(front, "slow-commits"))
    test.take(Fault("projector-killed", "ProjectionLoopDead", "critical",
                    "Projection stock_levels hangs", "has not read the log for",
                    "projection-stalled-or-dead"), **switched(worker, "projector-killed"))
    mark = test.take(
        Fault("poison-event", "ProjectionFaulted", "critical",
              "Projection stock_levels has stopped at a failure", f"in {worker.metrics} is faulted",
              "projection-faulted-and-dead-letters", after=(("EventsSkipped", "info"),)),
        lambda: worker.fault("PUT", "poison-event"), lambda: skip_poison(database, store))
    skipped = test.receivers.wait_for("EventsSkipped", lambda each: each.way == "webhook", mark,
                                      ARRIVES)
    test.check_words(skipped, Fault("", "EventsSkipped", "info",
                                    "Projection stock_levels skipped events", "left out", ""))
    test.take(Fault("error-burst", "HighCommandErrorRate", "warning",
                    "High error rate of command place_order",
                    "of place_order fail, most with store_error", "command-errors",
                    title="High error rate of command "),
              **switched(front, "error-burst"))
    test.take(Fault("store-unreachable", "EventStoreUnavailable", "critical",
                    f"{front.metrics} can't use its event store",
                    f"{front.metrics} runs, but its store does not", "store-unavailable"),
              **switched(front, "store-unreachable"))
    test.take(Fault("killed", "EventStoreDown", "critical",
                    f"EventCore service {worker.metrics} is down",
                    f"Prometheus has not reached {worker.metrics}", "service-down"),
              worker.kill, worker.start)


def main():
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, PostgresServer() as database, \
            sinks() as receivers, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        database.sql("CREATE DATABASE shop")
        store = database.uri("shop")
        worker, front = pair = stack.enter_context(shops(folder, store))
        alertmanager_configuration(folder, receivers)
        alerts, _ = stack.enter_context(server("alertmanager", folder, lambda address: [
            ALERTMANAGER, f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alerts'}", f"--web.listen-address={address}",
            "--cluster.listen-address="]))
        prometheus_configuration(folder, alerts, pair)
        address, process = stack.enter_context(server("prometheus", folder, lambda address: [
            PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}", "--rules.alert.resend-delay=1s",
            f"--web.listen-address={address}"]))
        receivers.wait_for("the heartbeat", lambda each: each.way == "heartbeat", 0, ARRIVES)
        end_to_end(Run(receivers, address, process), worker, front, store, database)
    print(f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
