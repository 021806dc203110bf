"""Native histograms and exemplars, as Prometheus servers have them after they scraped the shop.

usage: native_histograms_test.py PATH-OF-eventcore-shop PATH-OF-prometheus PATH-OF-promtool
"""

import statistics
import time

from prometheus_server import prometheus_server, relay
from scraped_shop import ROUNDS, VALUES, driven_shop, trace_id

# The widest that a bucket is: schema 3.
BUCKET = 2 ** (1 / 8)


def native_histograms_are_the_truth(server):
    orders = len(VALUES) * ROUNDS
    server.wait_for("histogram_count(eventcore_order_value_dollars)", {"protobuf": orders})
    assert server.values("histogram_sum(eventcore_order_value_dollars)") == {
        "protobuf": sum(VALUES) * ROUNDS}
    median = server.values("histogram_quantile(0.5, eventcore_order_value_dollars)")["protobuf"]
    truth = statistics.median(VALUES)
    assert truth / BUCKET <= median <= truth * BUCKET, (median, truth)
    greatest = server.values("histogram_quantile(1, eventcore_order_value_dollars)")["protobuf"]
    assert max(VALUES) / BUCKET <= greatest <= max(VALUES) * BUCKET, greatest


def exemplars_are_ours(server, job, series):
    ours = {trace_id(number + 1) for number in range(len(VALUES) * ROUNDS)}
    limit = time.monotonic() + 30
    while True:
        found = server.ask("query_exemplars", query=f'{series}{{job="{job}"}}',
                           start=time.time() - 600, end=time.time() + 1)
        exemplars = [exemplar for entry in found for exemplar in entry["exemplars"]]
        if exemplars:
            break
        assert time.monotonic() < limit, f"{job}: no exemplars"
        time.sleep(0.1)
    for exemplar in exemplars:
        assert exemplar["labels"]["trace_id"] in ours, exemplar
        assert len(exemplar["labels"]["span_id"]) == 16, exemplar
        assert abs(time.time() - exemplar["timestamp"]) < 600, exemplar


if __name__ == "__main__":
    with driven_shop() as (shop, _, folder), relay(shop) as (address, _types), \
            prometheus_server(f"{folder}/text", address, {"opened": "/opened"},
                              "exemplar-storage") as texts, \
            prometheus_server(f"{folder}/native", address, {"protobuf": "/protobuf"},
                              "exemplar-storage,native-histograms") as native:
        native_histograms_are_the_truth(native)
        exemplars_are_ours(texts, "opened", "eventcore_command_duration_seconds_bucket")
        exemplars_are_ours(native, "protobuf", "eventcore_command_duration_seconds")
