"""Every alert fires at its fault, alone, with the right words, and stays silent otherwise.

usage: rules_test.py PATH-OF-promtool NAME

A fault in faults/NAME.yaml changes series of the healthy shop (faults/healthy.yaml):

    alert       its name
    fires       at (time), series, labels and texts of the alert; severity if it has several;
                second: severity and texts of the same alert at another severity that fires too;
                also: alerts that fire for the same fault, which Alertmanager silences
    silent      why, at, series; also: other alerts that do fire

A value `none` takes a series away, `now` is the time in seconds; a list is repeated to the end.
"""

import re
import sys
import tempfile

import yaml

from kit import FAULTS, OPS, alert_rules, faults, rule_of, run

PROMTOOL, NAME = sys.argv[1:]
RULES = OPS / "prometheus" / "prometheus-alerts.yaml"
SERIES = re.compile(r"(\w+)(?:\{(.*)\})?")
SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(duration):
    return int(duration[:-1]) * SECONDS[duration[-1]]


def named(series):
    """Returns a series with the labels that each scraped one has."""
    name, labels = SERIES.fullmatch(series).groups()
    labels = [labels] if labels else []
    if not any(re.search(r"\bjob=", label) for label in labels):
        labels.append('job="eventcore"')
    if not any(re.search(r"\binstance=", label) for label in labels):
        labels.append('instance="shop-1:9100"')
    return name + "{" + ",".join(labels) + "}"


def values(given, steps, interval):
    if given == "now":
        given = f"0+{seconds(interval)}x*"
    if isinstance(given, list):
        return " ".join(given * (steps // 20 + 1))
    return str(given).replace("x*", f"x{steps}")


def promtool_test(name, case, expected, alerts):
    """Returns a test in promtool's form. `expected` are alerts by name, the rest has to be silent."""
    with_healthy = {named(series): given for series, given in HEALTHY.items()}
    with_healthy |= {named(series): given for series, given in case["series"].items()}
    interval = case.get("interval", "1m")
    steps = seconds(case["at"]) // seconds(interval) + 1
    passed_over = set(case.get("also", ())) - set(expected) | {"Watchdog"}
    return {
        "name": name,
        "interval": interval,
        "input_series": [{"series": series, "values": values(given, steps, interval)}
                         for series, given in with_healthy.items() if given != "none"],
        "alert_rule_test": [{"eval_time": case["at"], "alertname": alert,
                             "exp_alerts": expected.get(alert, [])}
                            for alert in alerts if alert not in passed_over],
    }


def expected_alert(rule, case):
    return {"exp_labels": case["labels"] | rule["labels"],
            "exp_annotations": {"summary": case["summary"], "description": case["description"],
                                "runbook_url": rule["annotations"]["runbook_url"],
                                "dashboard": rule["annotations"]["dashboard"]}}


def promtool_tests():
    if NAME == "healthy":
        yield promtool_test("a healthy shop", {"at": "120m", "series": {}}, {}, NAMES)
        yield watchdog_test()
        return
    for fault in faults(NAME):
        alert, fires = fault["alert"], fault["fires"]
        expected = [expected_alert(rule_of(alert, fires), fires)]
        if second := fires.get("second"):
            expected.append(expected_alert(rule_of(alert, second), fires | second))
        yield promtool_test(f"{alert} fires", fires, {alert: expected}, NAMES)
        for silent in fault.get("silent", ()):
            yield promtool_test(f"{alert}: {silent['why']}", silent, {}, NAMES)


def watchdog_test():
    case = {"labels": {}, "summary": "Alerts work",
            "description": "This alert always fires (1), so that its absence tells that alerts "
                           "don't arrive."}
    return {"name": "Watchdog", "interval": "1m", "input_series": [],
            "alert_rule_test": [{"eval_time": "1m", "alertname": "Watchdog",
                                 "exp_alerts": [expected_alert(rule_of("Watchdog", {}), case)]}]}


NAMES = list(dict.fromkeys(rule["alert"] for rule in alert_rules()))
# In any order, values of recording rules would be one interval older now and then.
GROUPS = [group["name"] for group in yaml.safe_load(RULES.read_text())["groups"]]
HEALTHY = yaml.safe_load((FAULTS / "healthy.yaml").read_text())


def main():
    tests = list(promtool_tests())
    for interval in sorted({test["interval"] for test in tests}):
        chosen = [test for test in tests if test["interval"] == interval]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": interval,
                            "group_eval_order": GROUPS, "tests": chosen}, file, sort_keys=False)
            file.flush()
            run(PROMTOOL, "test", "rules", file.name)
    print(f"{len(tests)} cases")


if __name__ == "__main__":
    main()
