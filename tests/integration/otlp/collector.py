"""The independent receiver of tests/support/otlp_receiver, for tests in Python."""

import contextlib
import json
import subprocess
import urllib.request

ITEMS = {"traces": ("resourceSpans", "scopeSpans", "spans"),
         "logs": ("resourceLogs", "scopeLogs", "logRecords")}


@contextlib.contextmanager
def receiver(node, program):
    """Yields the URL of a collector."""
    with subprocess.Popen([node, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['http']}"
        finally:
            process.stdin.close()


def received(url, signal):
    """Returns what has come of `signal`, each with the name of its service."""
    with urllib.request.urlopen(url + "/received") as answer:
        messages = map(json.loads, answer.read().decode().splitlines())
    resources, scopes, items = ITEMS[signal]
    return [(service_of(resource["resource"]), item)
            for message in messages if message["signal"] == signal
            for resource in message["body"][resources]
            for scope in resource[scopes]
            for item in scope[items]]


def service_of(resource):
    return next(attribute["value"]["stringValue"] for attribute in resource["attributes"]
                if attribute["key"] == "service.name")
