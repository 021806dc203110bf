"""Rules, runbooks, dashboards and documents name only what exists, and nothing of them is missing.

usage: consistency_test.py PATH-OF-eventcore PATH-OF-promtool PATH-OF-amtool
"""

import pathlib
import re
import shlex
import subprocess
import sys

import yaml

from catalogue import across, exported, families, findings, joined_wrongly, names_in, recorded
from dashboards import dashboards, queries, variable_queries
from kit import OPS, ROOT, alert_rules, check_promql, fail_if, rules

EVENTCORE, PROMTOOL, AMTOOL = sys.argv[1:]
PROGRAMS = {"eventcore": EVENTCORE, "promtool": PROMTOOL, "amtool": AMTOOL}
FOREIGN = {"curl", "psql", "journalctl"}  # which take an address, and are no part of EventCore
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verify", "Automate"]
RUNBOOKS = {path.stem: path.read_text() for path in sorted((OPS / "runbooks").glob("*.md"))}
DASHBOARDS = {dashboard["uid"] for dashboard in dashboards()}
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *OPS.rglob("*.md")])
REFERENCE_ONLY = yaml.safe_load((OPS / "reference-only.yaml").read_text())
NO_METRICS = {"eventcore_canary"}  # the stream of the canary, and the type of its events
MENTION = re.compile(r"(?<![\w:./-])(?:eventcore|process)_[a-z0-9_]+")
GUIDE = ROOT / "docs" / "guide" / "operations.md"


def fenced(text, language):
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


def known_series():
    known = exported()
    return known | recorded(known)


def text_findings(rule):
    """What the texts of an alert ask for: labels, and queries of their own."""
    for name, text in rule["annotations"].items():
        where = f"{rule['alert']}: {name}"
        labels = re.findall(r"\$labels\.(\w+)", text)
        yield where, rule["expr"], labels
        for query in re.findall(r'printf "(.*?)" \$labels', text):
            yield where, query, re.findall(r'label "(\w+)"|\.Labels\.(\w+)', text) and [
                one or two for one, two in re.findall(r'label "(\w+)"|\.Labels\.(\w+)', text)]


def rule_findings(known):
    for rule in rules():
        yield from findings(rule.get("alert") or rule["record"], rule["expr"], known)
        if "alert" in rule:
            for where, expression, labels in text_findings(rule):
                yield from findings(where, expression, known, labels)


def runbook_findings(known):
    for name, text in RUNBOOKS.items():
        for expression in fenced(text, "promql"):
            yield from findings(f"{name}.md", expression, known)
        for mention in re.findall(r"`(eventcore_\w+)", text):
            families = {re.sub(r"_(bucket|count|sum)$", "", each) for each in known} | set(known)
            if mention not in families | NO_METRICS:
                yield f"{name}.md: nobody exports {mention}"


def dashboard_findings(known):
    for where, expression, labels in [*queries(), *variable_queries()]:
        yield from findings(where, expression, known, labels)


def document_findings(known):
    """What a document calls like a metric is one, or how several begin."""
    names = set(known) | {re.sub(r"_(bucket|count|sum)$", "", each) for each in known}
    for path in DOCUMENTS:
        for mention in dict.fromkeys(MENTION.findall(path.read_text())):
            if mention not in names | NO_METRICS and not (mention.endswith("_") and
                                             any(name.startswith(mention) for name in names)):
                yield f"{path.relative_to(ROOT)}: nobody exports {mention}"


def families_named():
    """Returns the metrics that rules, runbooks and dashboards use."""
    series = {name for rule in rules() for name in names_in(rule["expr"])}
    series |= {name for _, expression, _ in queries() for name in names_in(expression)}
    series |= {name for text in RUNBOOKS.values() for query in fenced(text, "promql")
               for name in names_in(query)}
    return {name if name in families() else re.sub(r"_(bucket|count|sum)$", "", name)
            for name in series}


def unused(reference_only):
    """Every metric is used, or marked as one that is only looked up; never both."""
    used = families_named()
    for name in families():
        if name not in used and name not in reference_only:
            yield f"no rule, dashboard or runbook uses {name}: use it, or say why not in " \
                  "reference-only.yaml"
    for name in reference_only:
        if name in used or name not in families():
            yield f"reference-only.yaml: {name} is {'used' if name in used else 'no metric'}"


def wrong_joins(gauges):
    for rule in rules():
        yield from joined_wrongly(rule.get("alert") or rule["record"], rule["expr"], gauges)
    for where, expression, _ in queries():
        yield from joined_wrongly(where, expression, gauges)


def links():
    """Every alert has a runbook that is about it, a dashboard, and a line in the guide."""
    guide = GUIDE.read_text()
    about = {name: re.findall(r"`(\w+)`", re.search(r"^Alerts: (.*)$", text, re.M)[1])
             for name, text in RUNBOOKS.items()}
    for rule in alert_rules():
        alert = rule["alert"]
        runbook = pathlib.PurePosixPath(rule["annotations"]["runbook_url"]).stem
        if alert not in about.get(runbook, ()):
            yield f"{alert}: {runbook}.md is not about it"
        if rule["annotations"]["dashboard"].rpartition("/")[2] not in DASHBOARDS:
            yield f"{alert}: there is no dashboard {rule['annotations']['dashboard']}"
        if not {"summary", "description"} <= set(rule["annotations"]):
            yield f"{alert}: summary or description is missing"
        if "$value" not in rule["annotations"]["description"] and \
                alert not in ("EventStoreDown", "EventCoreAbsent") and \
                not alert.startswith("MemoryLeak"):
            yield f"{alert}: the description does not say the value"
        if rule["labels"].get("service") != "eventcore" or "severity" not in rule["labels"]:
            yield f"{alert}: labels"
        if f"`{alert}`" not in guide:
            yield f"{alert}: not in the table of {GUIDE.name}"
    alerts = {rule["alert"] for rule in alert_rules()}
    for name, named in about.items():
        yield from (f"{name}.md: there is no alert {alert}" for alert in named
                    if alert not in alerts)
        if re.findall(r"^## (.*)$", RUNBOOKS[name], re.M) != SECTIONS:
            yield f"{name}.md: sections are not {SECTIONS}"
        for target in re.findall(r"\]\(([\w-]+)\.md\)", RUNBOOKS[name]):
            if target not in RUNBOOKS:
                yield f"{name}.md: there is no {target}.md"


def command_findings(where, line):
    """A command of ours has to exist, with the options that it is given."""
    words = shlex.split(line)
    if words[0] in FOREIGN:
        return
    if words[0] not in PROGRAMS:
        yield f"{where}: what is {words[0]}?"
        return
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    path = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            if word.startswith("--") and not path:
                continue
            break
        path.append(word)
    # amtool's options may stand before its subcommand, with a value behind them.
    if words[0] == "amtool":
        path = ["alert", "query"] if "query" in words else path
    done = subprocess.run([PROGRAMS[words[0]], *path, "--help"], capture_output=True, text=True,
                          check=False, timeout=60)
    shown = done.stdout + done.stderr
    # An unknown subcommand followed by --help shows the help of what is around it.
    usage = re.search(rf"(?i)usage: {' '.join(words[:1] + path)}\b", shown)
    if done.returncode != 0 or not usage:
        yield f"{where}: there is no {' '.join(words[:1] + path)}"
        return
    for option in options:
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown):
            yield f"{where}: {' '.join(words[:1] + path)} has no {option}"


def runbook_commands():
    for name, text in RUNBOOKS.items():
        for line in fenced(text, "sh"):
            yield from command_findings(f"{name}.md", line)


def runbook_queries_are_promql():
    queries = [query for text in RUNBOOKS.values() for query in fenced(text, "promql")]
    assert len(queries) > 50, queries
    check_promql(PROMTOOL, queries)


def the_checks_can_fail():
    """Whatever metric of the rules is renamed, this test notices; labels and commands too."""
    known = known_series()
    used = set().union(*(names_in(rule["expr"]) for rule in rules()))
    assert len(used) > 30, used
    for name in used:
        without = {each: labels for each, labels in known.items() if each != name}
        if not any(name in finding for finding in rule_findings(without)):
            yield f"renaming {name} goes unnoticed"
    for name in {name for text in RUNBOOKS.values() for query in fenced(text, "promql")
                 for name in names_in(query)}:
        without = {each: labels for each, labels in known.items() if each != name}
        if not any(name in finding for finding in runbook_findings(without)):
            yield f"renaming {name} goes unnoticed in runbooks"
    for name in {name for _, expression, _ in queries() for name in names_in(expression)}:
        without = {each: labels for each, labels in known.items() if each != name}
        if not any(name in finding for finding in dashboard_findings(without)):
            yield f"renaming {name} goes unnoticed in dashboards"
    guide = "eventcore_command_errors_total"
    if not list(document_findings({name: known[name] for name in known if name != guide})):
        yield f"renaming {guide} goes unnoticed in documents"
    if not list(unused({})) or not list(unused(REFERENCE_ONLY | {guide: ""})):
        yield "metrics without use go unnoticed"
    sums = [list(joined_wrongly("", f"sum by (job) ({each})", across()))
            for each in ("max(eventcore_store_events)", "deriv(eventcore_store_events[5m])")]
    if sums[0] or not sums[1]:
        yield "joining the same figure of several processes by sum goes unnoticed"
    state = "eventcore_projection_state"
    for changed in ({"projection": None, "state": known[state]["state"]},
                    {"projection_name": None, "status": known[state]["state"]},
                    {"projection_name": None, "state": ["running", "failed"]}):
        if not list(rule_findings(known | {state: changed})) or \
                not list(dashboard_findings(known | {state: changed})):
            yield f"other labels of {state} go unnoticed: {changed}"
    for bad in ("eventcore projections list --shop x", "eventcore projections lists --store x",
                "eventcore surgeon --store x", "promtool check everything", "evencore stats"):
        if not list(command_findings("", bad)):
            yield f"'{bad}' goes unnoticed"


def main():
    known = known_series()
    fail_if(dict.fromkeys([*rule_findings(known), *runbook_findings(known),
                           *dashboard_findings(known), *document_findings(known),
                           *unused(REFERENCE_ONLY), *wrong_joins(across()), *links(),
                           *runbook_commands(), *the_checks_can_fail()]))
    runbook_queries_are_promql()


if __name__ == "__main__":
    main()
