"""One trace through two shops: request, forwarded request, command, projection; and the same ids in
logs, exemplars and events.

usage: trace_chain_test.py PATH-OF-eventcore-shop PATH-OF-eventcore NODE RECEIVER
"""

import contextlib
import json
import os
import subprocess
import sys

from collector import received, receiver
from running_shop import RunningShop, running_shop
from shop_program import wait_until, workspace

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@contextlib.contextmanager
def logging_shop(store):
    """As `running_shop`, for a test that ends the shop itself and reads what it has written."""
    shop = RunningShop(store)
    try:
        yield shop
    finally:
        shop.process.kill()
        shop.process.wait()


def successes_sent(url):
    """Returns trace and span of each success record of a command in the trace."""
    return [(record["traceId"], record["spanId"])
            for _, record in received(url, "logs")
            if record.get("traceId") == TRACE
            and {"key": "event", "value": {"stringValue": "command.succeeded"}} in record["attributes"]]


def spans_of_trace(url):
    """Returns the spans of the trace and of those linked with it, by their ids."""
    return {span["spanId"]: span
            for _, span in received(url, "traces")}


def has_link(span):
    return any(link["traceId"] == TRACE for link in span.get("links", []))


def root_path(span, spans):
    """Returns the names from `span` up to the first span whose parent is not known, and that parent."""
    names = [span["name"]]
    while span.get("parentSpanId") in spans:
        span = spans[span["parentSpanId"]]
        names.append(span["name"])
    return names, span.get("parentSpanId")


def one_trace(folder, collector):
    store = f"sqlite:{folder}/behind.db"
    os.environ.update({"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_METRICS_EXPORTER": "none",
                       "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BLRP_SCHEDULE_DELAY": "100",
                       "EVENTCORE_LOG": "info",
                       "EVENTCORE_LOG_FORMAT": "json"})
    with logging_shop(store) as behind, \
         running_shop("memory:", "--orders-to", behind.urls["shop"]) as front:
        status, _, _ = behind.call("POST", "/stock", {"product": "p1", "quantity": 5})
        assert status == 201, status
        status, _, order = front.call(
            "POST", "/orders",
            {"order": "o1", "lines": [{"product": "p1", "quantity": 2, "price": "1.50"}]},
            {"traceparent": f"00-{TRACE}-{CALLER}-01", "X-Correlation-Id": "c-17"})
        assert status == 201, (status, order)
        _, _, page = behind.call("GET", "/metrics", url="metrics",
                                 headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert f'trace_id="{TRACE}"' in page, "no exemplar of the trace"

        def projected():
            return any(has_link(span) and span["name"].startswith("process ")
                       for span in spans_of_trace(collector).values())
        wait_until(projected)
        wait_until(lambda: sum(span["traceId"] == TRACE and span["name"] == "http_request"
                               for span in spans_of_trace(collector).values()) == 2)
        spans = spans_of_trace(collector)
        behind_lines = stop_and_read_log(behind)

    command = next(span for span in spans.values()
                   if span["traceId"] == TRACE and span["name"] == "execute place_order")
    names, parent = root_path(command, spans)
    assert names == ["execute place_order", "http_request", "http_client", "http_request"], names
    assert parent == CALLER, parent
    linked = [span for span in spans.values()
              if has_link(span) and span["name"].startswith("process ")]
    assert all(any(link["spanId"] == command["spanId"] for link in span["links"])
               for span in linked), linked

    records = [record for record in map(json.loads, behind_lines)
               if record.get("event") == "command.succeeded" and record.get("trace_id") == TRACE]
    assert len(records) == 1, behind_lines
    assert records[0]["span_id"] == command["spanId"], records
    assert records[0]["correlation_id"] == "c-17", records

    assert successes_sent(collector) == [(TRACE, command["spanId"])], successes_sent(collector)

    events = subprocess.run([sys.argv[2], "events", "--store", store, "--trace", TRACE, "--json"],
                            capture_output=True, text=True, check=True).stdout
    assert "o1" in events and "c-17" in events and TRACE in events, events


def stop_and_read_log(shop):
    shop.process.terminate()
    _, errors = shop.process.communicate(timeout=60)
    assert shop.process.returncode == 0, errors
    # What it says to people is no record.
    return [line for line in errors.splitlines() if line.startswith("{")]


if __name__ == "__main__":
    with workspace() as place, receiver(*sys.argv[3:5]) as address:
        one_trace(place, address)
