"""Grafana's dashboards are what Grafana reads, fit alerts and thresholds, and are up to date.

usage: dashboards_test.py PATH-OF-promtool

No Grafana runs here: Debian has none. grafana_schema.json is made of the types in Grafana's own
package and refuses what these don't have; what they leave open is checked by `lint`.
"""

import copy
import itertools
import json
import re
import sys

import jsonschema
import yaml

from dashboards import (FOLDER, alerts_without_panel, all_rules, dashboards, grafana_dashboards,
                        queries, thresholds)
from kit import OPS, ROOT, check_promql, fail_if
from panel_data import panels_of

PROMTOOL = sys.argv[1]
SCHEMA = json.loads((ROOT / "tests" / "ops" / "grafana_schema.json").read_text())
TYPES = {"timeseries", "stat", "bargauge", "table", "heatmap", "state-timeline"}
# Fields that the data source adds to Grafana's: no type of the package has them.
OF_PROMETHEUS = {"expr", "step", "titleFormat", "textFormat", "tagKeys", "useValueForTime"}
TARGET = {"refId", "datasource", "editorMode", "expr", "legendFormat", "instant", "range",
          "format", "exemplar"}
VARIABLES = ["datasource", "job", "instance", "command_type", "projection"]
UNITS = {"short", "s", "bytes", "Bps", "gbytes", "percentunit", "ops", "cps", "cpm", "reqps",
         "currencyUSD"}
# The monitoring chapter's panels: title, type, unit, first threshold.
CHAPTER = [("Command Execution Rate", "timeseries", "ops", None),
           ("Command Latency", "timeseries", "s", 1),
           ("Error Rate", "stat", "percentunit", 0.01),
           ("Active Streams", "stat", "short", None),
           ("Projection Lag", "timeseries", "s", 10),
           ("Memory Usage", "timeseries", "gbytes", 1)]


def against(name, document):
    """What the schema says of a document, in the words of the part that is wrong."""
    if name not in SCHEMA["definitions"]:
        return
    rules = {"$ref": f"#/definitions/{name}", "definitions": SCHEMA["definitions"]}
    for error in jsonschema.Draft7Validator(rules).iter_errors(document):
        worst = jsonschema.exceptions.best_match([error])
        yield f"{'/'.join(map(str, worst.absolute_path))}: {worst.message[:200]}"


def schema_findings(dashboard):
    plain = copy.deepcopy(dashboard)
    for annotation in plain["annotations"]["list"]:
        for name in OF_PROMETHEUS:
            annotation.pop(name, None)
    # By themselves, since of a list of alternatives nobody learns which one was meant.
    for panel in plain.pop("panels"):
        kind = "RowPanel" if panel["type"] == "row" else "Panel"
        yield from against(kind, panel)
        if kind == "Panel":
            yield from against(f"{panel['type']}.options", panel["options"])
            yield from against(f"{panel['type']}.custom",
                               panel["fieldConfig"]["defaults"].get("custom", {}))
    yield from against("dashboard", plain | {"panels": []})


def data_sources(document):
    """Finds the data sources in a document, wherever they are."""
    if isinstance(document, dict):
        if "datasource" in document:
            yield document["datasource"]
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from data_sources(each)


def lint(dashboard):
    """What the types leave open."""
    text = json.dumps(dashboard)
    if dashboard["schemaVersion"] < 39 or not re.fullmatch("eventcore-[a-z-]+", dashboard["uid"]):
        yield "schema version or uid"
    if any(each != {"type": "prometheus", "uid": "${datasource}"}
           for each in data_sources(dashboard)):
        yield "a data source is not the variable"
    if [each["name"] for each in dashboard["templating"]["list"]] != VARIABLES:
        yield f"the variables are not {VARIABLES}"
    if [each["name"] for each in dashboard["annotations"]["list"]] != ["Alerts", "Starts"]:
        yield "annotations"
    for name in VARIABLES:
        if not re.search(rf"\${{?{name}\b", text):
            yield f"nothing uses ${name}"
    numbers = [panel["id"] for panel in dashboard["panels"]]
    if len(set(numbers)) != len(numbers):
        yield "two panels have one id"
    yield from overlaps(dashboard["panels"])
    for panel in panels_of(dashboard):
        yield from (f"{panel['title']}: {each}" for each in panel_findings(panel))


def overlaps(panels):
    for panel in panels:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            yield f"{panel['title']} is past the edge"
    for one, two in itertools.combinations(panels, 2):
        a, b = one["gridPos"], two["gridPos"]
        if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and \
                a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
            yield f"{one['title']} covers {two['title']}"


def panel_findings(panel):
    if panel["type"] not in TYPES:
        yield f"type {panel['type']}"
    if panel["fieldConfig"]["defaults"]["unit"] not in UNITS:
        yield "unit"
    if len(panel["description"]) < 10:
        yield "the description does not say what is good"
    letters = [target["refId"] for target in panel["targets"]]
    if letters != [chr(ord("A") + index) for index in range(len(letters))]:
        yield "refIds"
    for target in panel["targets"]:
        if set(target) != TARGET:
            yield f"fields of query {target['refId']}: {set(target) ^ TARGET}"
        buckets = "_bucket" in target["expr"] and panel["type"] in ("timeseries", "heatmap")
        if target["exemplar"] != buckets:
            yield f"exemplars of query {target['refId']}"
    for link in panel["links"]:
        name = link["url"].rpartition("/")[2]
        if not (OPS / "runbooks" / name).is_file():
            yield f"there is no runbook {name}"


def the_chapter_is_there():
    operations = next(each for each in dashboards() if each["title"] == "EventCore Operations")
    shown = {panel["title"]: panel for panel in panels_of(operations)}
    for title, kind, unit, first in CHAPTER:
        defaults = shown[title]["fieldConfig"]["defaults"]
        steps = [step["value"] for step in defaults["thresholds"]["steps"][1:]]
        if (shown[title]["type"], defaults["unit"], (steps or [None])[0]) != (kind, unit, first):
            yield f"{title}: {shown[title]['type']}, {defaults['unit']}, {steps}"


def made_anew(values):
    return {path.name: text
            for path, text in grafana_dashboards.make(values, all_rules()).items()}


def files_are_what_is_made():
    made = made_anew(thresholds())
    for path in FOLDER.iterdir():
        if made.pop(path.name, None) != path.read_text():
            yield f"{path.name} is stale: run scripts/ops"
    yield from (f"{name} is missing: run scripts/ops" for name in made)


def thresholds_are_those_of_the_alerts():
    """Whoever changes a threshold changes the panels with it, and the file is stale until then."""
    for name, others in (("command_p95", "eventcore-on-call.json"),
                         ("slo_errors", "eventcore-slo.json"),
                         ("projection_lag", "eventcore-operations.json")):
        changed = made_anew(thresholds() | {name: 0.0321})
        if changed[others] == (FOLDER / others).read_text() or "0.0321" not in changed[others]:
            yield f"{others} does not follow {name}"


def the_checks_can_fail():
    def planted(change):
        dashboard = copy.deepcopy(dashboards()[-1])
        change(dashboard, next(panel for panel in dashboard["panels"]
                               if panel["type"] == "timeseries"))
        return [*schema_findings(dashboard), *lint(dashboard)]
    faults = {
        "a removed type": lambda _, panel: panel.update(type="graph"),
        "a hard-coded data source": lambda _, panel: panel["targets"][0].update(
            datasource={"type": "prometheus", "uid": "prometheus"}),
        "a misspelt option": lambda _, panel: panel["options"]["legend"].update(showLegends=True),
        "a bad value": lambda _, panel: panel["fieldConfig"]["defaults"]["custom"].update(
            drawStyle="curve"),
        "an unknown field": lambda dashboard, _: dashboard.update(rows=[]),
        "two panels at one place": lambda _, panel: panel["gridPos"].update(x=0, w=24),
        "no unit": lambda _, panel: panel["fieldConfig"]["defaults"].update(unit=""),
        "no runbook": lambda _, panel: panel["links"][0].update(url="https://x.example/none.md"),
        "an API envelope": lambda dashboard, _: dashboard.update(dashboard={}),
    }
    for name, change in faults.items():
        if not planted(change):
            yield f"{name} goes unnoticed"
    assert not planted(lambda *_: None)


def queries_are_promql():
    found = [expression for _, expression, _ in queries()]
    assert len(found) > 150, len(found)
    check_promql(PROMTOOL, found)


def provisioning_findings():
    folder = OPS / "grafana" / "provisioning"
    source, = yaml.safe_load((folder / "datasources" / "eventcore.yaml").read_text())["datasources"]
    if source["type"] != "prometheus" or "url" not in source or "password" in str(source).lower():
        yield "provisioning: the data source"
    provider, = yaml.safe_load((folder / "dashboards" / "eventcore.yaml").read_text())["providers"]
    if provider["type"] != "file" or "path" not in provider["options"]:
        yield "provisioning: the dashboards"


def main():
    found = [f"{each['title']}: {finding}" for each in dashboards()
             for finding in [*schema_findings(each), *lint(each)]]
    fail_if([*found, *the_chapter_is_there(), *files_are_what_is_made(),
             *thresholds_are_those_of_the_alerts(), *alerts_without_panel(),
             *provisioning_findings(), *the_checks_can_fail()])
    queries_are_promql()


if __name__ == "__main__":
    main()
