"""The pages of /metrics, read by parsers that others have written.

usage: exposition_test.py PATH-OF-eventcore-shop PATH-OF-prometheus PATH-OF-promtool
"""

import subprocess

from prometheus_client import parser as classic
from prometheus_client.openmetrics import parser as strict

from scraped_shop import OPENMETRICS, PROTOBUF, argument, driven_shop, scrape


def samples_of(families):
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families for sample in family.samples}


def key_of(text):
    """Returns `name{a="b"}` in the form of `samples_of`."""
    return next(iter(samples_of(classic.text_string_to_metric_families(text + " 0\n"))))


def text_is_clean(shop, truth):
    headers, body = scrape(shop)
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    result = subprocess.run([argument(3, "promtool"), "check", "metrics"], input=body,
                            capture_output=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result
    samples = samples_of(classic.text_string_to_metric_families(body.decode()))
    for name, value in truth.items():
        assert samples[key_of(name)] == value, name


def openmetrics_is_strict(shop, truth):
    headers, body = scrape(shop, OPENMETRICS)
    assert headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = list(strict.text_string_to_metric_families(body.decode()))
    samples = samples_of(families)
    for name, value in truth.items():
        assert samples[key_of(name)] == value, name
    kinds = {family.name: (family.type, family.unit) for family in families}
    assert kinds["eventcore_commands"] == ("counter", "")
    assert kinds["eventcore_append_bytes"] == ("counter", "bytes")
    assert kinds["eventcore_command_duration_seconds"] == ("histogram", "seconds")
    assert kinds["eventcore_build"] == ("info", "")
    assert kinds["process_threads"] == ("gauge", "")
    started = samples["process_start_time_seconds", ()]
    created = samples[key_of('eventcore_commands_created{command_type="place_order"}')]
    assert started - 2 <= created <= started + 60, (started, created)


def both_texts_say_the_same(shop):
    """All but creation times, bounds, which differ as text, and what moves between two scrapes:
    these are requests themselves, and health checks read and write the store all the time."""
    def still(page):
        return {key: value for key, value in page.items()
                if not key[0].startswith(("process_", "eventcore_metrics_", "eventcore_memory_",
                                          "eventcore_http_", "eventcore_store_", "shop_http_",
                                          "eventcore_event_store_", "eventcore_append_",
                                          "eventcore_connection_"))
                and not key[0].endswith("_created")}
    text = still(samples_of(classic.text_string_to_metric_families(scrape(shop)[1].decode())))
    opened = still(samples_of(
        strict.text_string_to_metric_families(scrape(shop, OPENMETRICS)[1].decode())))
    def by_number(page):
        return {(name, tuple((label, float(value) if label == "le" else value)
                             for label, value in labels)): value
                for (name, labels), value in page.items()}
    assert by_number(text) == by_number(opened)
    assert len(text) > 200, len(text)


def pages_are_compressed(shop):
    headers, body = scrape(shop, encoding="gzip")
    assert headers["Content-Encoding"] == "gzip" and int(headers["Content-Length"]) < len(body) / 3
    assert headers["Vary"] == "Accept, Accept-Encoding"
    for encoding in ("gzip;q=0", "identity", "br"):
        assert scrape(shop, encoding=encoding)[0]["Content-Encoding"] is None, encoding


def families_can_be_chosen(shop):
    def families(query, accept=None):
        body = scrape(shop, accept, query=query)[1].decode()
        return [line.split()[2] for line in body.splitlines() if line.startswith("# TYPE ")]
    assert families("?name[]=eventcore_commands_total") == ["eventcore_commands_total"]
    assert families("?name%5B%5D=process_threads&name[]=eventcore_commit_seconds_bucket") == [
        "eventcore_commit_seconds", "process_threads"]
    assert families("?name[]=eventcore_commands", OPENMETRICS) == ["eventcore_commands"]
    assert families("?name[]=nothing") == []
    assert scrape(shop, OPENMETRICS, query="?name[]=nothing")[1] == b"# EOF\n"


def heads_and_protobuf_are_answered(shop):
    headers, body = scrape(shop, PROTOBUF, method="HEAD")
    assert body == b"" and int(headers["Content-Length"]) > 1000
    headers, body = scrape(shop, PROTOBUF)
    assert headers["Content-Type"].startswith("application/vnd.google.protobuf; "), headers
    assert b"eventcore_commands_total" in body


if __name__ == "__main__":
    with driven_shop() as (running, known, _):
        text_is_clean(running, known)
        openmetrics_is_strict(running, known)
        both_texts_say_the_same(running)
        pages_are_compressed(running)
        families_can_be_chosen(running)
        heads_and_protobuf_are_answered(running)
