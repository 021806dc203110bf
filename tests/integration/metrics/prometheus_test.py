"""What Prometheus servers have after they scraped the shop, in each of the formats.

usage: prometheus_test.py PATH-OF-eventcore-shop PATH-OF-prometheus PATH-OF-promtool
"""

from prometheus_server import prometheus_server, relay
from scraped_shop import ROUNDS, VALUES, driven_shop

TEXT = ("text/plain; version=0.0.4; charset=utf-8", "gzip")
OPENED = ("application/openmetrics-text; version=1.0.0; charset=utf-8", "gzip")
PROTOBUF = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited", "gzip")


def totals_are_the_truth(server, jobs, truth):
    for name, value in truth.items():
        server.wait_for(name, {job: value for job in jobs})


def histograms_are_the_truth(server, jobs):
    orders = len(VALUES) * ROUNDS
    server.wait_for("eventcore_order_value_dollars_count", {job: orders for job in jobs})
    server.wait_for("eventcore_order_value_dollars_sum", {job: sum(VALUES) * ROUNDS for job in jobs})
    for job, median in server.values(
            "histogram_quantile(0.5, eventcore_order_value_dollars_bucket)").items():
        assert 10 < median <= 50, (job, median)


def infos_and_units_are_known(server):
    assert server.values("count by (job) (eventcore_build_info)") == {"plain": 1, "opened": 1}
    metadata = server.ask("metadata")
    assert {entry["type"] for entry in metadata["eventcore_build"]} == {"info"}
    assert {entry["type"] for entry in metadata["eventcore_build_info"]} == {"gauge"}
    assert {entry["unit"] for entry in metadata["eventcore_append_bytes"]} == {"bytes"}
    created = server.values('eventcore_commands_created{command_type="place_order"}')
    assert set(created) == {"opened"}, created


if __name__ == "__main__":
    with driven_shop() as (shop, known, folder), relay(shop) as (address, types), \
            prometheus_server(f"{folder}/text", address,
                              {"plain": "/plain", "opened": "/opened"}, "exemplar-storage") as texts, \
            prometheus_server(f"{folder}/native", address, {"protobuf": "/protobuf"},
                              "exemplar-storage,native-histograms") as native:
        totals_are_the_truth(texts, ("plain", "opened"), known)
        totals_are_the_truth(native, ("protobuf",), known)
        histograms_are_the_truth(texts, ("plain", "opened"))
        infos_and_units_are_known(texts)
        assert types == {"/plain": {TEXT}, "/opened": {OPENED}, "/protobuf": {PROTOBUF}}, types
