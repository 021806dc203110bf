"""Prometheus and Alertmanager run with the files of the kit, and one hears from the other.

usage: servers_test.py PATH-OF-prometheus PATH-OF-prometheus-alertmanager

Prometheus' file is taken with the address of this Alertmanager; everything else is as it is.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from kit import OPS, alert_rules, alertmanager, rules
from server_process import ask, server, wait_for

PROMETHEUS, ALERTMANAGER = sys.argv[1:]


def metric(address, name):
    for line in ask(address, "/metrics").splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise AssertionError(name)


def alertmanager_is_healthy(address):
    assert ask(address, "/-/healthy")
    assert metric(address, "alertmanager_config_last_reload_successful") == 1
    status = json.loads(ask(address, "/api/v2/status"))
    for receiver in alertmanager()["receivers"]:
        assert f"name: {receiver['name']}" in status["config"]["original"], receiver


def prometheus_is_healthy(address, process):
    assert ask(address, "/-/healthy")
    assert metric(address, "prometheus_config_last_reload_successful") == 1
    wait_for("every rule was evaluated", lambda: all(
        rule["health"] == "ok"
        for group in json.loads(ask(address, "/api/v1/rules"))["data"]["groups"]
        for rule in group["rules"]), process)
    loaded = json.loads(ask(address, "/api/v1/rules"))["data"]["groups"]
    assert sum(len(group["rules"]) for group in loaded) == len(rules())
    names = {rule["name"] for group in loaded for rule in group["rules"]
             if rule["type"] == "alerting"}
    assert names == {rule["alert"] for rule in alert_rules()}


def the_watchdog_arrives(address, process):
    def arrived():
        return [alert for alert in json.loads(ask(address, "/api/v2/alerts"))
                if alert["labels"]["alertname"] == "Watchdog"]
    alert = wait_for("Alertmanager has the watchdog", arrived, process)[0]
    assert [receiver["name"] for receiver in alert["receivers"]] == ["heartbeat"], alert


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with server("alertmanager", folder, lambda address: [
                ALERTMANAGER, f"--config.file={OPS / 'alertmanager' / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alerts'}", f"--web.listen-address={address}",
                "--cluster.listen-address="]) as (alerts, alerts_process):
            alertmanager_is_healthy(alerts)
            shutil.copytree(OPS / "prometheus", folder / "prometheus")
            config = folder / "prometheus" / "prometheus.yml"
            given = config.read_text()
            assert given.count("127.0.0.1:9093") == 1
            # The intervals only make the test wait less.
            config.write_text(given.replace("127.0.0.1:9093", alerts)
                              .replace("_interval: 15s", "_interval: 1s"))
            with server("prometheus", folder, lambda address: [
                    PROMETHEUS, f"--config.file={config}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    "--rules.alert.resend-delay=1s",  # the first one may find no Alertmanager yet
                    f"--web.listen-address={address}"]) as (address, process):
                prometheus_is_healthy(address, process)
                the_watchdog_arrives(alerts, process)
            assert alerts_process.poll() is None


if __name__ == "__main__":
    main()
