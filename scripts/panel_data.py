"""What the panels of a Grafana dashboard get from a running Prometheus, as Grafana would ask it."""

import concurrent.futures
import dataclasses
import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request

NEEDS = re.compile(r"^Empty without (.*)\.$", re.MULTILINE)
DATA_SOURCE = "${datasource}"


class QueryFailed(Exception):
    """Prometheus refuses a query, or does not answer."""


@dataclasses.dataclass
class Series:
    target: str  # the refId of its query
    legend: str
    labels: dict
    points: list  # (seconds since 1970, value), without those that are no numbers

    def last(self):
        return self.points[-1][1]


@dataclasses.dataclass
class Window:
    """The time that is shown, in seconds. `rate_interval` is what $__rate_interval becomes."""
    start: float
    end: float
    step: float
    rate_interval: str


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def ask(self, path, **parameters):
        """Returns `data` of an answer. Throws QueryFailed."""
        body = urllib.parse.urlencode(parameters).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", body, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise QueryFailed(f"{parameters.get('query', path)}: {error.read().decode()}") \
                from error
        except (OSError, ValueError) as error:
            raise QueryFailed(f"{self.url}: {error}") from error


def substituted(text, dashboard, window, chosen):
    """Returns an expression as Grafana sends it: every variable with all its values, apart from
    the `chosen` ones. Throws QueryFailed where the dashboard has no such variable."""
    builtin = {"__rate_interval": window.rate_interval, "__interval": f"{window.step:g}s",
               "__range": f"{window.end - window.start:.0f}s"}
    known = {each["name"]: each.get("allValue", "") for each in dashboard["templating"]["list"]}

    def value(match):
        name = match[1]
        if name in builtin:
            return builtin[name]
        if name not in known:
            raise QueryFailed(f"there is no variable ${name}: {text}")
        return chosen.get(name, known[name])
    return re.sub(r"\$(\w+)", value, text)


def legend(pattern, labels):
    return re.sub(r"{{\s*(\w+)\s*}}", lambda match: labels.get(match[1], ""), pattern).strip()


def series_of(prometheus, dashboard, target, window, chosen):
    """Returns the series of one query that have a number at all."""
    query = substituted(target["expr"], dashboard, window, chosen)
    if target["instant"]:
        found = prometheus.ask("query", query=query, time=window.end)["result"]
    else:
        found = prometheus.ask("query_range", query=query, start=window.start, end=window.end,
                               step=window.step)["result"]
    made = []
    for each in found:
        given = each.get("values") or [each["value"]]
        points = [(float(time), float(value)) for time, value in given]
        points = [point for point in points if math.isfinite(point[1])]
        if points:
            made.append(Series(target["refId"], legend(target["legendFormat"], each["metric"]),
                               each["metric"], points))
    return made


def panels_of(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] not in ("row", "text")]


def needs_of(panel):
    """Returns what has to happen before the panel has data, or nothing."""
    found = NEEDS.search(panel.get("description", ""))
    return found[1] if found else None


def read(prometheus, dashboard, window, chosen):
    """Returns the series of each panel by its id. Throws QueryFailed."""
    jobs = [(panel["id"], target) for panel in panels_of(dashboard)
            for target in panel["targets"]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda job: series_of(prometheus, dashboard, job[1], window, chosen),
                              jobs))
    series = {}
    for (number, _), some in zip(jobs, found):
        series.setdefault(number, []).extend(some)
    return series
