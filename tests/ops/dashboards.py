"""Grafana's dashboards as the tests see them."""

import functools
import json
import re
import sys

import yaml

from kit import OPS, ROOT, rules

sys.path.insert(0, str(ROOT / "scripts"))

# pylint: disable=wrong-import-position
import grafana_dashboards  # noqa: E402
from panel_data import Window, panels_of, substituted  # noqa: E402

FOLDER = OPS / "grafana" / "dashboards"
ANY_TIME = Window(0, 3600, 30, "1m")


def as_list(generate):
    """Lets a generator run once, and gives the same list from then on."""
    return functools.cache(lambda: list(generate()))


def dashboards():
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def thresholds():
    return yaml.safe_load((OPS / "prometheus" / "thresholds.yaml").read_text())


def all_rules():
    return yaml.safe_load((OPS / "prometheus" / "prometheus-alerts.yaml").read_text())


@as_list
def queries():
    """Gives a name, the expression as Grafana would send it, and labels that its texts use."""
    for dashboard in dashboards():
        for panel in panels_of(dashboard):
            for target in panel["targets"]:
                columns = [name for change in panel["transformations"]
                           for name in change["options"].get("indexByName", {})
                           if not name.startswith("Value")]
                yield (f"{dashboard['title']}: {panel['title']}",
                       substituted(target["expr"], dashboard, ANY_TIME, {}),
                       re.findall(r"{{(\w+)}}", target["legendFormat"]) + columns)
        for annotation in dashboard["annotations"]["list"]:
            text = annotation["titleFormat"] + annotation["textFormat"]
            yield (f"{dashboard['title']}: {annotation['name']}",
                   substituted(annotation["expr"], dashboard, ANY_TIME, {}),
                   re.findall(r"{{(\w+)}}", text))


@as_list
def variable_queries():
    """Gives a name and, of `label_values(series, label)`, what is between the brackets."""
    for dashboard in dashboards():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                series, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                             variable["query"]["query"]).groups()
                yield (f"{dashboard['title']}: ${variable['name']}",
                       substituted(series, dashboard, ANY_TIME, {}), [label])


def alerts_shown():
    """Returns which alerts each dashboard has a panel about, by uid."""
    return {each["uid"]: {alert for row in each["rows"] for panel in row["panels"]
                          for alert in panel.get("alerts", ())}
            for each in grafana_dashboards.descriptions()}


def alerts_without_panel():
    """An alert links to a dashboard, on which somebody has to find it."""
    shown = alerts_shown()
    for rule in rules():
        if "alert" in rule:
            uid = rule["annotations"]["dashboard"].rpartition("/")[2]
            if rule["alert"] not in shown.get(uid, ()):
                yield f"{rule['alert']}: no panel of {uid} is about it"
