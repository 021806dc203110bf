"""What EventCore exports, and what expressions of PromQL ask for that it does not."""

import json
import re

from kit import ROOT, rules

GOLDEN = ROOT / "tests" / "golden" / "metrics.json"
# An application's metrics are described beside the code that counts them.
BUSINESS = ROOT / "examples" / "shop" / "serve" / "business_metrics.cpp"
SCRAPED = {"job", "instance"}  # labels that Prometheus adds
PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "service",
                                      "projection_name", "command_type"}}
METRIC = re.compile(r"(?<![\w:\"'])(?:[\w]+:)?(?:eventcore|process|shop_http)_\w+(?::\w+)?"
                    r"(?![\w:])")
SELECTOR = re.compile(r"([\w:]+)\{([^}]*)\}")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*(['\"])(.*?)\3")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")


def described(path):
    """Returns kind and labels of the metrics that a file of C++ describes, in families' form."""
    text = path.read_text()
    labels = {name: re.findall(r'\{"(\w+)"', body) for name, body in
              re.findall(r"\b(kBy\w+)(?:\[\])?(?: =)? ?\{(.*?)\};", text, re.S)}
    found = {}
    for name, body in re.findall(r'\.name = "(\w+)"(.*?)\.help', text, re.S):
        of = re.search(r"\.labels = (\w+)", body)
        kind = re.search(r"MetricKind::(\w+)", body)
        found[name] = (kind[1].lower() if kind else "counter",
                       {label: None for label in labels[of[1]]} if of else {})
    assert len(found) > 5, f"the form of {path.name} has changed"
    return found


def families():
    """Returns kind and labels of every metric; a label has its values, or None if they come at run
    time."""
    found = {metric["name"]: (metric["kind"], {label["name"]: label.get("values")
                                               for label in metric["labels"]})
             for metric in json.loads(GOLDEN.read_text())}
    return found | described(BUSINESS)


def across():
    """Returns how the values of several processes are joined, for each gauge of the catalogue."""
    return {metric["name"]: metric["across"] for metric in json.loads(GOLDEN.read_text())
            if "across" in metric}


def exported():
    """Returns labels, as `families` has them, by series."""
    series = {name: {label: None for label in labels} for name, labels in PROMETHEUS.items()}
    for name, (kind, labels) in families().items():
        if kind == "histogram":
            series[name + "_bucket"] = labels | {"le": None}
            series[name + "_count"] = series[name + "_sum"] = labels
        else:
            series[name] = labels
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


def summed(expression):
    """Returns what each `sum` is taken of, as (labels that stay, expression within)."""
    for match in re.finditer(r"\bsum\s*(?:by\s*\(([^)]*)\))?\s*\(", expression):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(expression[end], 0)
            end += 1
        labels = set(filter(None, map(str.strip, (match[1] or "").split(","))))
        yield labels, expression[match.end():end - 1]


def joined_wrongly(where, expression, gauges):
    """Says which gauges are added up over processes although each process says the same of them."""
    for labels, within in summed(expression):
        if "instance" in labels or re.search(r"\b(?:max|min)\s*(?:by|\()", within):
            continue
        for name in names_in(within):
            if gauges.get(name, "sum") != "sum":
                yield f"{where}: {name} is joined by {gauges[name]}, not by sum"
