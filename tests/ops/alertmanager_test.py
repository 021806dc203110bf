"""Who hears of which alert, in which words, and which alerts silence others.

usage: alertmanager_test.py PATH-OF-amtool
"""

import json
import pathlib
import sys
import tempfile

from kit import OPS, alert_rules, alertmanager, fail_if, faults, inhibits, labels_of, rule_of, run

AMTOOL = sys.argv[1]
CONFIG = str(OPS / "alertmanager" / "alertmanager.yml")
RECEIVERS = {"critical": "critical-alerts", "warning": "warning-alerts", "info": "web.hook",
             "none": "heartbeat"}
FIRING = """\
[CRITICAL] Projection sales is stalled and 1 more"""
RESOLVED = """\
[RESOLVED] Projection sales is stalled"""
TEXT = """\
Projection sales is stalled
It is 8m 0s behind.
What to do: https://eventcore.example.com/runbooks/projection-stalled-or-dead.md
Dashboard: https://grafana.example.com/d/eventcore-on-call
Since: 2024-05-01 10:00:00 UTC
Labels: alertname=ProjectionStalled projection_name=sales severity=critical
"""


def every_alert_reaches_its_receiver():
    for rule in alert_rules():
        labels = [f"{name}={value}" for name, value in labels_of(rule).items()]
        run(AMTOOL, "config", "routes", "test", f"--config.file={CONFIG}",
            f"--verify.receivers={RECEIVERS[rule['labels']['severity']]}", *labels)
    # The test can fail.
    run(AMTOOL, "config", "routes", "test", f"--config.file={CONFIG}",
        "--verify.receivers=warning-alerts", "severity=critical", status=1)


def alert(status, **annotations):
    return {"status": status, "startsAt": "2024-05-01T10:00:00Z", "endsAt": "2024-05-01T10:07:30Z",
            "labels": {"alertname": "ProjectionStalled", "projection_name": "sales",
                       "severity": "critical"},
            "annotations": {"summary": "Projection sales is stalled",
                            "description": "It is 8m 0s behind.",
                            "runbook_url": "https://eventcore.example.com/runbooks/"
                                           "projection-stalled-or-dead.md",
                            "dashboard": "https://grafana.example.com/d/eventcore-on-call"}
            | annotations,
            "generatorURL": "http://prometheus.example.com/graph", "fingerprint": "0"}


def rendered(folder, template, status, *alerts):
    data = pathlib.Path(folder) / "data.json"
    data.write_text(json.dumps({
        "receiver": "critical-alerts", "status": status, "alerts": alerts, "groupLabels": {},
        "commonLabels": {"severity": "critical"}, "commonAnnotations": {}, "externalURL": ""}))
    return run(AMTOOL, "template", "render",
               f"--template.glob={OPS / 'alertmanager' / 'eventcore.tmpl'}",
               f"--template.data={data}",
               f"--template.text={{{{ template \"eventcore.{template}\" . }}}}")


def notifications_say_what_to_do():
    with tempfile.TemporaryDirectory() as folder:
        one, two = alert("firing"), alert("firing", summary="Projection stock is stalled")
        assert rendered(folder, "subject", "firing", one, two) == FIRING
        assert rendered(folder, "subject", "resolved", alert("resolved")) == RESOLVED
        assert rendered(folder, "text", "firing", one) == TEXT + "\n"
        text = rendered(folder, "text", "resolved", alert("resolved"))
        assert text.startswith("Resolved: ") and "until 10:07:30 UTC" in text, text
        assert rendered(folder, "color", "firing", one) == "danger"
        assert rendered(folder, "color", "resolved", alert("resolved")) == "good"
        assert rendered(folder, "dashboard", "firing", one) == one["annotations"]["dashboard"]
        html = rendered(folder, "html", "firing", one, two)
        assert html.startswith("<!DOCTYPE html>") and html.endswith("</html>"), html
        for each in (one, two):
            for value in each["annotations"].values():
                assert value in html, value


def inhibition_names_known_alerts():
    """A rule of inhibition that matches no alert is a misspelt name."""
    labels = [labels_of(rule) for rule in alert_rules()]
    known = {each["alertname"] for each in labels}
    for rule in alertmanager()["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            if matcher.startswith("alertname ="):
                names = matcher.split('"')[1].split("|")
                for name in names:
                    found = [one for one in known if one == name or
                             (name.endswith(".*") and one.startswith(name[:-2]))]
                    if not found:
                        yield f"alertmanager.yml: no alert is called {name}"


def a_warning_silences_nothing_critical():
    for source in alert_rules():
        for target in alert_rules():
            if source["labels"]["severity"] != "critical" and \
                    target["labels"]["severity"] == "critical" and inhibits(source, target):
                yield f"{source['alert']} silences {target['alert']}, which is critical"


def one_fault_is_notified_once():
    """Of the alerts that one fault makes fire, all but one are silenced. Which one may change as
    the fault lasts: a budget that burns fast takes over from a warning."""
    for fault in faults():
        first = rule_of(fault["alert"], fault["fires"])
        beside = [each for name in fault["fires"].get("also", ()) for each in alert_rules()
                  if each["alert"] == name]
        if "second" in fault["fires"]:
            beside.append(rule_of(fault["alert"], fault["fires"]["second"]))
        for other in beside:
            if not inhibits(first, other) and not inhibits(other, first):
                yield (f"{fault['alert']}: {other['alert']} ({other['labels']['severity']}) is "
                       "notified too")


def main():
    run(AMTOOL, "check-config", CONFIG)
    every_alert_reaches_its_receiver()
    notifications_say_what_to_do()
    fail_if([*inhibition_names_known_alerts(), *a_warning_silences_nothing_critical(),
             *one_fault_is_notified_once()])


if __name__ == "__main__":
    main()
