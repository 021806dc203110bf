"""The operations kit as the tests see it."""

import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPS = ROOT / "ops"
FAULTS = pathlib.Path(__file__).resolve().parent / "faults"
MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"(.*)"\s*')


def run(*command, status=0):
    """Runs a program, which has to exit with `status`, and returns what it wrote."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    text = done.stdout + done.stderr
    assert done.returncode == status, f"{command}: exit code {done.returncode}\n{text}"
    return text


def check_promql(promtool, queries):
    """Fails unless promtool takes each of `queries`."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "queries", "rules": [
            {"record": f"query:{number}", "expr": query}
            for number, query in enumerate(queries)]}]}, file)
        file.flush()
        run(promtool, "check", "rules", file.name)


def fail_if(findings):
    findings = list(findings)
    if findings:
        sys.exit("\n".join(findings))


def rules(path=OPS / "prometheus" / "prometheus-alerts.yaml"):
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alert_rules():
    return [rule for rule in rules() if "alert" in rule]


def rule_of(alert, case):
    """Returns the rule of an alert at the severity that `case` names, or at its only one."""
    found = [rule for rule in alert_rules() if rule["alert"] == alert and
             case.get("severity", rule["labels"]["severity"]) == rule["labels"]["severity"]]
    assert len(found) == 1, (alert, case)
    return found[0]


def faults(name="*"):
    return [fault for path in sorted(FAULTS.glob(f"{name}.yaml")) if path.stem != "healthy"
            for fault in yaml.safe_load(path.read_text())]


def alertmanager():
    return yaml.safe_load((OPS / "alertmanager" / "alertmanager.yml").read_text())


def matches(matchers, labels):
    for matcher in matchers:
        name, operator, wanted = MATCHER.fullmatch(matcher).groups()
        value = labels.get(name, "")
        same = bool(re.fullmatch(wanted, value)) if "~" in operator else value == wanted
        if same == operator.startswith("!"):
            return False
    return True


def labels_of(rule):
    return rule["labels"] | {"alertname": rule["alert"]}


def inhibits(source, target):
    """Whether Alertmanager silences `target` while `source` fires, if what `equal` names is equal."""
    return any(matches(rule["source_matchers"], labels_of(source)) and
               matches(rule["target_matchers"], labels_of(target)) and
               ("alertname" not in rule["equal"] or source["alert"] == target["alert"])
               for rule in alertmanager()["inhibit_rules"])
