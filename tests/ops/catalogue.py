"""What EventCore exports, and what expressions of PromQL ask for that it does not."""

import json
import re

from kit import ROOT, rules

GOLDEN = ROOT / "tests" / "golden" / "metrics.json"
SCRAPED = {"job", "instance"}  # labels that Prometheus adds
PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "service"}}
METRIC = re.compile(r"(?<![\w:\"'])(?:[\w]+:)?(?:eventcore|process)_\w+(?::\w+)?(?![\w:])")
SELECTOR = re.compile(r"([\w:]+)\{([^}]*)\}")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*(['\"])(.*?)\3")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")


def exported():
    """Returns labels by series; a label has its values, or None if they come at run time."""
    series = {name: {} for name in PROMETHEUS}
    series["ALERTS"] = {name: None for name in PROMETHEUS["ALERTS"]}
    for metric in json.loads(GOLDEN.read_text()):
        labels = {label["name"]: label.get("values") for label in metric["labels"]}
        if metric["kind"] == "histogram":
            series[metric["name"] + "_bucket"] = labels | {"le": None}
            series[metric["name"] + "_count"] = series[metric["name"] + "_sum"] = labels
        else:
            series[metric["name"]] = labels
    return series


def recorded(known):
    """Returns the recording rules with the labels of what they are made of."""
    made = {}
    for rule in rules():
        if "record" in rule:
            labels = {}
            for name in names_in(rule["expr"]):
                labels |= (known | made).get(name, {})
            made[rule["record"]] = labels
    return made


def names_in(expression):
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", '""', expression)
    found = set(METRIC.findall(plain)) | set(re.findall(r"\b(?:up|ALERTS)\b(?=\{)", plain))
    return found | {name for name, _ in SELECTOR.findall(expression)}


def value_findings(where, name, matchers, labels):
    for label, operator, _, value in MATCHER.findall(matchers):
        if label in SCRAPED:
            continue
        if label not in labels:
            yield f"{where}: {name} has no label {label}"
        elif labels[label] is not None and "%s" not in value:
            wanted = value.split("|") if "~" in operator else [value]
            for each in wanted:
                if each not in labels[label]:
                    yield f"{where}: label {label} of {name} is never {each}"


def findings(where, expression, known, extra_labels=()):
    """Says what `expression` names that is not among the series `known`. `extra_labels` have to
    be labels of its series too."""
    all_labels = set(SCRAPED)
    for name in sorted(names_in(expression)):
        if name not in known:
            yield f"{where}: nobody exports {name}"
        all_labels |= set(known.get(name, {}))
    for name, matchers in SELECTOR.findall(expression):
        if name in known:
            yield from value_findings(where, name, matchers, known[name])
    for group in GROUPING.findall(expression):
        for label in filter(None, map(str.strip, group.split(","))):
            if label not in all_labels:
                yield f"{where}: no series here has the label {label}"
    for label in extra_labels:
        if label not in all_labels:
            yield f"{where}: no series here has the label {label}, which the text uses"
