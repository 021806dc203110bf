"""Two processes that sample a share of the traces take the same ones.

usage: ratio_test.py PATH-OF-eventcore-shop NODE RECEIVER
"""

import os
import random
import sys

from collector import received, receiver
from running_shop import running_shop

TRACES = 600
SHARE = 0.1


def ask(name, traces):
    """Has a shop of its own process serve a request in each of `traces`."""
    os.environ["OTEL_SERVICE_NAME"] = name
    with running_shop("memory:") as shop:
        for trace in traces:
            status, _, _ = shop.call("GET", "/orders/none",
                                     headers={"traceparent": f"00-{trace}-b7ad6b7169203331-00"})
            assert status == 404, status


def test(collector):
    os.environ.update({"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_METRICS_EXPORTER": "none",
                       "OTEL_LOGS_EXPORTER": "none", "OTEL_TRACES_SAMPLER": "traceidratio",
                       "OTEL_TRACES_SAMPLER_ARG": str(SHARE)})
    random.seed(7)
    traces = [f"{random.getrandbits(128):032x}" for _ in range(TRACES)]
    for name in ("first", "second"):
        ask(name, traces)
    taken = {"first": set(), "second": set()}
    for service, span in received(collector, "traces"):
        if span["traceId"] in traces:
            taken[service].add(span["traceId"])
    assert taken["first"] == taken["second"], taken
    expected = TRACES * SHARE
    sigma = (expected * (1 - SHARE)) ** 0.5
    assert abs(len(taken["first"]) - expected) <= 3 * sigma, len(taken["first"])


if __name__ == "__main__":
    with receiver(*sys.argv[2:4]) as address:
        test(address)
