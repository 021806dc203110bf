"""Makes Grafana's dashboards of the descriptions in ops/grafana/descriptions.

A description is a file of YAML: uid, title, question, and rows of panels. A panel has

    title, good      what it shows, and what a good picture of it looks like
    type             timeseries unless it says otherwise
    queries          expr and legend; `needs` if the query finds nothing without something rare
    thresholds       a colour, then [colour, from] with a number, the name of a threshold in
                     thresholds.yaml, or two of them with + - * / between
    alerts           the alerts that it is about: their runbooks become links
    needs            what has to happen before there is data
    unit, decimals, min, max, width, height, stack, mappings, columns

In expressions, @ stands for the matchers of job and instance, @job, @command and @projection for
the one of that variable, and <<name>> for a threshold. Without a unit, a panel has the one that the
catalogue gives to its first metric.
"""

import json
import operator
import pathlib
import re

import yaml

OPS = pathlib.Path(__file__).resolve().parent.parent / "ops"
CATALOGUE = OPS.parent / "tests" / "golden" / "metrics.json"
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
MATCHERS = {"": 'job=~"$job",instance=~"$instance"', "job": 'job=~"$job"',
            "command": 'command_type=~"$command_type"',
            "projection": 'projection_name=~"$projection"'}
VARIABLES = {"job": ("Job", "label_values(eventcore_build_info, job)"),
             "instance": ("Instance", 'label_values(eventcore_build_info{job=~"$job"}, instance)'),
             "command_type": ("Command type",
                              'label_values(eventcore_commands_total{job=~"$job"}, command_type)'),
             "projection": ("Projection",
                            'label_values(eventcore_projection_lag_seconds{job=~"$job"}, '
                            'projection_name)')}
UNITS = {"seconds": "s", "bytes": "bytes"}
FIELDS = {"title", "good", "type", "queries", "thresholds", "alerts", "needs", "unit", "decimals",
          "min", "max", "width", "height", "stack", "mappings", "columns"}
CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
EMPTY = "Empty without "  # how the description of a panel begins the sentence about its needs
COLUMNS = 24


class Dashboards:
    """`values` are the thresholds, `rules` the alerts. ValueError: a description is wrong."""

    def __init__(self, values, rules):
        self.values = values
        self.alerts = {rule["alert"]: rule for group in rules["groups"]
                       for rule in group["rules"] if "alert" in rule}
        self.catalogue = {metric["name"]: metric for metric in json.loads(CATALOGUE.read_text())}

    def made(self, description):
        """Returns the dashboard as a value for JSON."""
        return {
            "uid": description["uid"], "title": description["title"],
            "description": description["question"], "tags": ["eventcore"],
            "schemaVersion": 39, "editable": True, "graphTooltip": 1, "refresh": "10s",
            "time": {"from": "now-1h", "to": "now"}, "timezone": "browser",
            "links": [link("EventCore", type="dashboards", tags=["eventcore"], includeVars=True,
                           keepTime=True, targetBlank=False, icon="external link"),
                      link("Runbooks", url=self.values["runbooks"], tooltip="What to do")],
            "annotations": {"list": self.annotations()},
            "templating": {"list": list(variables())},
            "panels": list(self.panels(description)),
        }

    def annotations(self):
        def annotation(name, color, expr, title, text, **more):
            return {"name": name, "datasource": DATA_SOURCE, "enable": True, "hide": False,
                    "iconColor": color, "expr": self.expression(expr), "titleFormat": title,
                    "textFormat": text, "step": "15s"} | more
        return [
            annotation("Alerts", "red",
                       'ALERTS{alertstate="firing",alertname!="Watchdog",job=~"$job|"}',
                       "{{alertname}}", "{{projection_name}} {{command_type}} {{instance}}",
                       tagKeys="severity"),
            annotation("Starts", "blue",
                       "1000 * process_start_time_seconds{@}"
                       " * on (job, instance) group_left (version, commit)"
                       " eventcore_build_info{@}",
                       "{{instance}} started", "{{version}} {{commit}}", tagKeys="job",
                       useValueForTime="on")]

    def expression(self, text):
        def value(match):
            if match[1] not in self.values:
                raise ValueError(f"there is no threshold {match[1]}")
            return str(self.values[match[1]])
        text = re.sub(r"<<(\w+)>>", value, text.strip())
        return re.sub(r"(?<=[{,])@(\w*)", lambda match: MATCHERS[match[1]], text)

    def threshold(self, text):
        terms = [self.values.get(term, term) for term in str(text).split()]
        number = float(terms[0])
        for sign, term in zip(terms[1::2], terms[2::2]):
            number = CALCULATE[sign](number, float(term))
        return int(number) if number == int(number) else round(number, 12)

    def panels(self, description):
        x = y = row_height = number = 0
        for row in description["rows"]:
            y, number = y + row_height, number + 1
            yield {"id": number, "type": "row", "title": row["title"], "collapsed": False,
                   "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}, "panels": []}
            x, y, row_height = 0, y + 1, 0
            for panel in row["panels"]:
                if unknown := set(panel) - FIELDS:
                    raise ValueError(f"{panel['title']}: what is {', '.join(sorted(unknown))}?")
                width, height = panel.get("width", 8), panel.get("height", 8)
                if x + width > COLUMNS:
                    x, y, row_height = 0, y + row_height, 0
                number += 1
                yield self.panel(panel, number, {"x": x, "y": y, "w": width, "h": height})
                x, row_height = x + width, max(row_height, height)

    def panel(self, panel, number, position):
        kind = panel.get("type", "timeseries")
        shown = SHOWN[kind](panel)
        targets = [target(kind, query, self.expression(query["expr"]),
                          self.expression(query["legend"]), chr(ord("A") + index))
                   for index, query in enumerate(panel["queries"])]
        return {"id": number, "type": kind, "title": panel["title"],
                "description": self.description(panel), "gridPos": position,
                "datasource": DATA_SOURCE, "targets": targets,
                "fieldConfig": {"defaults": self.field(panel, kind) | shown.get("field", {}),
                                "overrides": []},
                "options": shown["options"], "links": self.runbook_links(panel),
                "transformations": transformations(panel, targets) if kind == "table" else []}

    def description(self, panel):
        lines = [panel["good"]]
        helps = [self.catalogue[name]["help"] for name in self.families(panel)
                 if name in self.catalogue]
        lines += [f"Shows: {helps[0]}"] if helps else []
        needs = [each["needs"] for each in [panel, *panel["queries"]] if "needs" in each]
        lines += [f"{EMPTY if 'needs' in panel else 'A line more with '}{needs[0]}."] \
            if needs else []
        lines += ["Alerts: " + ", ".join(panel["alerts"]) + "."] if "alerts" in panel else []
        return "\n\n".join(lines)

    def families(self, panel):
        for query in panel["queries"]:
            for name in re.findall(r"\b(?:eventcore|process|shop)_\w+", query["expr"]):
                yield re.sub(r"_(bucket|sum|count)$", "", name)

    def unit(self, panel):
        if "unit" in panel:
            return panel["unit"]
        if re.search(r"\b(rate|increase)\([^()]*_total\b", panel["queries"][0]["expr"]):
            raise ValueError(f"{panel['title']}: a rate has a unit of its own")
        name = next(self.families(panel), "")
        unit = self.catalogue[name]["unit"] if name in self.catalogue else name.rpartition("_")[2]
        return UNITS.get(unit, "short")

    def field(self, panel, kind):
        # A number that is neither good nor bad is blue.
        first, *others = panel.get("thresholds", ["blue" if kind == "stat" else "green"])
        steps = [{"color": first, "value": None}] + [
            {"color": color, "value": self.threshold(value)} for color, value in others]
        field = {"unit": self.unit(panel), "thresholds": {"mode": "absolute", "steps": steps},
                 "color": {"mode": "palette-classic" if kind == "timeseries" else "thresholds"},
                 "mappings": [{"type": "value", "options": {
                     str(value): {"text": text, "color": color, "index": index}
                     for index, (value, (text, color)) in
                     enumerate(panel.get("mappings", {}).items())}}]
                 if "mappings" in panel else []}
        return field | {name: panel[name] for name in ("decimals", "min", "max") if name in panel}

    def runbook_links(self, panel):
        urls = {}
        for alert in panel.get("alerts", ()):
            if alert not in self.alerts:
                raise ValueError(f"{panel['title']}: there is no alert {alert}")
            urls[self.alerts[alert]["annotations"]["runbook_url"]] = None
        return [link("Runbook: " + pathlib.PurePosixPath(url).stem, url=url) for url in urls]


def link(title, **more):
    return {"title": title, "type": "link", "icon": "doc", "tags": [], "url": "", "tooltip": "",
            "asDropdown": False, "includeVars": False, "keepTime": False,
            "targetBlank": True} | more


def variables():
    yield {"name": "datasource", "label": "Data source", "type": "datasource",
           "query": "prometheus", "current": {"text": "default", "value": "default"},
           "hide": 0, "includeAll": False, "multi": False, "options": [], "refresh": 1,
           "regex": "", "skipUrlSync": False}
    for name, (label, query) in VARIABLES.items():
        yield {"name": name, "label": label, "type": "query", "datasource": DATA_SOURCE,
               "query": {"query": query, "refId": name}, "allValue": ".*",
               "current": {"text": ["All"], "value": ["$__all"]}, "hide": 0, "includeAll": True,
               "multi": True, "options": [], "refresh": 2, "regex": "", "skipUrlSync": False,
               "sort": 1}


def target(kind, query, expr, legend, letter):
    instant = kind in ("table", "bargauge")
    made = {"refId": letter, "datasource": DATA_SOURCE, "editorMode": "code", "expr": expr,
            "legendFormat": legend, "instant": instant, "range": not instant,
            "format": {"table": "table", "heatmap": "heatmap"}.get(kind, "time_series")}
    # A dot is one command with its trace; without traces there are none.
    return made | {"exemplar": kind in ("timeseries", "heatmap") and "_bucket{" in query["expr"]}


def transformations(panel, targets):
    values = ["Value" if len(targets) == 1 else f"Value #{each['refId']}" for each in targets]
    columns = panel["columns"] + values
    return [{"id": "merge", "options": {}},
            {"id": "organize", "options": {
                "excludeByName": {"Time": True},
                "includeByName": {name: True for name in columns},
                "indexByName": {name: index for index, name in enumerate(columns)},
                "renameByName": {value: each["legendFormat"]
                                 for value, each in zip(values, targets)}}}]


LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
TOOLTIP = {"mode": "multi", "sort": "desc"}
LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def timeseries(panel):
    stacked = panel.get("stack", False)
    return {"options": {"legend": LEGEND, "tooltip": TOOLTIP},
            "field": {"custom": {
                "drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stacked else 5,
                "lineInterpolation": "linear", "showPoints": "never", "spanNulls": False,
                "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if "thresholds" in panel else "off"}}}}


def stat(_):
    return {"options": {"reduceOptions": LAST, "colorMode": "background", "graphMode": "area",
                        "justifyMode": "auto", "orientation": "auto", "textMode": "value",
                        "showPercentChange": False, "percentChangeColorMode": "standard",
                        "wideLayout": True}}


def bargauge(_):
    return {"options": {"reduceOptions": LAST, "displayMode": "basic",
                        "orientation": "horizontal", "showUnfilled": True,
                        "valueMode": "color", "minVizWidth": 8, "minVizHeight": 16,
                        "maxVizHeight": 300, "namePlacement": "auto", "sizing": "auto",
                        "legend": LEGEND | {"showLegend": False}}}


def table(_):
    return {"options": {"showHeader": True, "cellHeight": "sm", "frameIndex": 0},
            "field": {"custom": {"align": "auto", "cellOptions": {"type": "auto"}}}}


def heatmap(panel):
    return {"options": {
        "calculate": False, "cellGap": 1, "showValue": "never", "legend": {"show": True},
        "color": {"mode": "scheme", "scheme": "Oranges", "scale": "exponential",
                  "exponent": 0.5, "steps": 64, "reverse": False, "fill": "dark-orange"},
        "filterValues": {"le": 1e-9}, "rowsFrame": {"layout": "auto"},
        "yAxis": {"unit": panel.get("unit", "s"), "axisPlacement": "left"},
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
        "exemplars": {"color": "rgba(255,0,255,0.7)"}}}


def state_timeline(_):
    return {"options": {"legend": LEGEND, "tooltip": TOOLTIP, "mergeValues": True,
                        "rowHeight": 0.8, "showValue": "auto", "alignValue": "left"},
            "field": {"custom": {"lineWidth": 0, "fillOpacity": 80}}}


SHOWN = {"timeseries": timeseries, "stat": stat, "bargauge": bargauge, "table": table,
         "heatmap": heatmap, "state-timeline": state_timeline}


def descriptions():
    return [yaml.safe_load(path.read_text())
            for path in sorted((OPS / "grafana" / "descriptions").glob("*.yaml"))]


def make(values, rules):
    """Returns the text of each dashboard by its path."""
    dashboards = Dashboards(values, rules)
    return {OPS / "grafana" / "dashboards" / f"{each['uid']}.json":
            json.dumps(dashboards.made(each), indent=1) + "\n" for each in descriptions()}
