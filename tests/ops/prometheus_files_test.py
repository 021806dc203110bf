"""What promtool says of Prometheus' files, and that the rules are what the thresholds make of them.

usage: prometheus_files_test.py PATH-OF-promtool
"""

import json
import pathlib
import re
import sys
import tempfile

import yaml

from kit import FAULTS, OPS, ROOT, alert_rules, fail_if, faults, run

PROMTOOL = sys.argv[1]
GENERATOR = str(ROOT / "scripts" / "ops")
PROMETHEUS = OPS / "prometheus"


def each_alert_has_both():
    """Every rule, by name and severity, has a fault; every alert a case in which it is silent."""
    fires = {("Watchdog", "none")}
    silent = {"Watchdog"}
    for fault in faults():
        severities = [case.get("severity") for case in
                      (fault["fires"], fault["fires"].get("second", {}))]
        fires |= {(fault["alert"], severity) for severity in severities}
        if fault.get("silent"):
            silent.add(fault["alert"])
    for rule in alert_rules():
        name, severity = rule["alert"], rule["labels"]["severity"]
        only = sum(each["alert"] == name for each in alert_rules()) == 1
        if (name, None if only and name != "Watchdog" else severity) not in fires:
            yield f"{name} ({severity}): nothing in {FAULTS.name}/ makes it fire"
        if name not in silent:
            yield f"{name}: nothing shows that it stays silent"


def changed_thresholds_make_rules_stale(folder):
    changed = folder / "thresholds.yaml"
    given = (PROMETHEUS / "thresholds.yaml").read_text()
    changed.write_text(given.replace("command_errors: 0.05 ", "command_errors: 0.07 "))
    run(GENERATOR, "--check", "--thresholds", str(changed), status=1)
    changed.write_text(given + "unknown: 1\n")
    assert "unknown" in run(GENERATOR, "--thresholds", str(changed), "--output",
                            str(folder / "rules.yaml"), status=2)
    changed.write_text(given.replace("down_for:", "down_for_ever:"))
    assert "down_for" in run(GENERATOR, "--thresholds", str(changed), "--output",
                             str(folder / "rules.yaml"), status=2)


def token_and_tls_fit(folder):
    """What the file shows of them as comments is what Prometheus takes."""
    text = (PROMETHEUS / "prometheus.yml").read_text()
    shown = re.sub(r"^    # (?=(?:  )?[a-z_]+:)", "    ", text, flags=re.M)
    (job,) = yaml.safe_load(shown)["scrape_configs"]
    assert {"authorization", "scheme", "tls_config"} <= set(job), job
    config = folder / "prometheus.yml"
    config.write_text(shown)
    run(PROMTOOL, "check", "config", "--syntax-only", str(config))
    config.write_text(shown.replace("credentials_file", "credential_file"))
    run(PROMTOOL, "check", "config", "--syntax-only", str(config), status=1)


def bounds_are_buckets():
    """A share of fast commands can be had only at the bound of a bucket."""
    metrics = json.loads((ROOT / "tests" / "golden" / "metrics.json").read_text())
    buckets = next(metric["buckets"] for metric in metrics
                   if metric["name"] == "eventcore_command_duration_seconds")
    for path in PROMETHEUS.glob("thresholds*.yaml"):
        bound = yaml.safe_load(path.read_text())["slo_latency_bound"]
        if bound not in buckets:
            yield f"{path.name}: {bound} is no bucket of eventcore_command_duration_seconds"


def main():
    run(GENERATOR, "--check")
    run(PROMTOOL, "check", "config", str(PROMETHEUS / "prometheus.yml"))
    run(PROMTOOL, "check", "rules", "--lint-fatal", str(PROMETHEUS / "prometheus-alerts.yaml"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        short = str(folder / "short.yaml")
        run(GENERATOR, "--thresholds", str(PROMETHEUS / "thresholds-short.yaml"),
            "--output", short)
        run(PROMTOOL, "check", "rules", "--lint-fatal", short)
        changed_thresholds_make_rules_stale(folder)
        token_and_tls_fit(folder)
    fail_if([*each_alert_has_both(), *bounds_are_buckets()])


if __name__ == "__main__":
    main()
