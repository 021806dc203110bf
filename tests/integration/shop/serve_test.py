"""The HTTP API as a client sees it.

usage: serve_test.py PATH-OF-eventcore-shop
"""

import json
import pathlib
import re
import signal
import socket
import threading
import time
import urllib.parse

from running_shop import RunningShop, running_shop
from shop_program import report, run, wait_until, workspace

LINES = [{"product": "22423", "description": "Cake stand", "quantity": 2, "price": "12.75"},
         {"product": "POST", "quantity": 1, "price": "0.001"}]
ORDER = {"customer": "17850", "country": "Norway", "lines": LINES}


def expect_problem(answer, status, code):
    got_status, headers, body = answer
    assert (got_status, body.get("code")) == (status, code), (got_status, body)
    assert headers["Content-Type"] == "application/problem+json", headers
    assert body["type"].endswith(code) and body["status"] == status and body["title"], body


def connection_to(shop):
    parts = urllib.parse.urlsplit(shop.urls["shop"])
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def orders_can_be_placed_and_read(shop):
    status, headers, body = shop.call("POST", "/orders", dict(ORDER, order="A/1 x"))
    assert status == 201 and body["order"] == "A/1 x" and body["total"] == "25.5010", body
    assert headers["Location"] == "/orders/A%2F1%20x"
    status, _, order = shop.call("GET", headers["Location"])
    assert status == 200 and order["customer"] == "17850", order
    assert [line["price"] for line in order["lines"]] == ["12.7500", "0.0010"], order
    expect_problem(shop.call("POST", "/orders", dict(ORDER, order="A/1 x")), 409, "already_placed")
    expect_problem(shop.call("GET", "/orders/none"), 404, "not_found")


def a_key_makes_a_request_repeatable(shop):
    def place(body, key="key-1"):
        return shop.call("POST", "/orders", body, {"Idempotency-Key": key})

    placed = shop.metric("eventcore_order_value_dollars_count")
    _, _, before = shop.call("GET", "/reports/revenue")
    status, headers, first = place(ORDER)
    assert status == 201 and "Idempotency-Replayed" not in headers
    for _ in range(3):
        status, headers, again = place(ORDER)
        assert (status, again) == (201, first), again
        assert headers["Idempotency-Replayed"] == "true"
    expect_problem(place(dict(ORDER, country="Sweden")), 422, "idempotency_key_reused")
    expect_problem(place(ORDER, "k" * 201), 400, "invalid_idempotency_key")
    _, _, after = shop.call("GET", "/reports/revenue")
    assert after["orders"] == before["orders"] + 1, after
    assert shop.metric("eventcore_order_value_dollars_count") == placed + 1


def stock_runs_out(shop):
    assert shop.call("POST", "/stock", {"product": "L1", "quantity": 3})[0] == 201
    order = {"lines": [{"product": "L1", "quantity": 2, "price": "1"}]}
    placed = shop.metric("eventcore_order_value_dollars_count")
    assert shop.call("POST", "/orders", order)[0] == 201
    expect_problem(shop.call("POST", "/orders", order), 409, "out_of_stock")
    assert shop.metric("eventcore_order_value_dollars_count") == placed + 1
    assert shop.call("GET", "/products/L1")[2] == {
        "product": "L1", "tracked": True, "on_hand": 1, "sold": 2, "returned": 0}
    assert shop.call("POST", "/returns", {"lines": order["lines"]})[0] == 201
    assert shop.call("GET", "/products/L1")[2]["on_hand"] == 3
    assert shop.call("GET", "/products/22423")[2]["on_hand"] is None
    expect_problem(shop.call("GET", "/products/none"), 404, "not_found")


def the_last_unit_is_sold_once(shop):
    assert shop.call("POST", "/stock", {"product": "LAST", "quantity": 5})[0] == 201
    order = {"lines": [{"product": "LAST", "quantity": 1, "price": "1"}]}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(shop.call("POST", "/orders", order)[0]))
               for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] * 5 + [409] * 15, answers
    assert shop.call("GET", "/products/LAST")[2]["on_hand"] == 0


def customers_are_counted_once(shop):
    registered = shop.metric("eventcore_user_registrations_total")
    customer = {"customer": "C-1", "country": "Norway"}
    key = {"Idempotency-Key": "customer-1"}
    assert shop.call("POST", "/customers", customer, key)[0] == 201
    assert shop.call("POST", "/customers", customer, key)[0] == 201
    expect_problem(shop.call("POST", "/customers", customer), 409, "already_registered")
    assert shop.call("POST", "/orders", dict(ORDER, customer="C-1"))[0] == 201
    assert shop.call("POST", "/orders", dict(ORDER, customer="C-2"))[0] == 201
    assert shop.metric("eventcore_user_registrations_total") == registered + 2


def bad_requests_are_explained(shop):
    expect_problem(shop.call("POST", "/orders", "{"), 400, "malformed_body")
    expect_problem(shop.call("POST", "/orders", "[" * 100_000), 400, "malformed_body")
    expect_problem(shop.call("POST", "/orders", b"\xff\xfe"), 400, "malformed_body")
    expect_problem(shop.call("POST", "/orders", json.dumps(ORDER) + "\0garbage"), 400,
                   "malformed_body")
    expect_problem(shop.call("POST", "/orders", ORDER, {"Idempotency-Key": ""}), 400,
                   "invalid_idempotency_key")
    dear = {"lines": [dict(LINES[0], price="900000000000000", quantity=1)]}
    expect_problem(shop.call("POST", "/orders", dear), 422, "invalid_body")
    expect_problem(shop.call("POST", "/orders", ORDER, {"Content-Type": "text/csv"}), 415,
                   "unsupported_media_type")
    answer = shop.call("POST", "/orders", {"customr": "1", "lines": [
        {"product": "", "quantity": 1.5, "price": 2}, {"product": "A", "quantity": 0, "price": "x"}]})
    expect_problem(answer, 422, "invalid_body")
    assert {fault["pointer"] for fault in answer[2]["errors"]} == {
        "/customr", "/lines/0/product", "/lines/0/quantity", "/lines/0/price",
        "/lines/1/quantity", "/lines/1/price"}, answer[2]
    expect_problem(shop.call("POST", "/orders", {"lines": []}), 422, "invalid_body")
    too_many = [dict(LINES[0], product=str(i)) for i in range(999)]
    expect_problem(shop.call("POST", "/orders", {"lines": too_many}), 422, "invalid_body")
    assert shop.call("POST", "/orders", {"lines": too_many[:998]})[0] == 201
    assert shop.call("POST", "/orders", "x" * 2_000_000)[0] == 413
    assert shop.call("DELETE", "/orders")[0] == 405
    assert shop.call("GET", "/nothing/here")[0] == 404


def requests_are_counted_by_route(shop):
    name = 'eventcore_api_requests_total{method="GET",endpoint="/orders/{id}",status="404"}'
    before = shop.metric(name)
    for number in range(5):
        shop.call("GET", f"/orders/unknown-{number}")
    assert shop.metric(name) == before + 5
    durations = 'eventcore_request_duration_seconds_count{method="GET",endpoint="/orders/{id}"}'
    assert shop.metric(durations) >= 5
    page = shop.call("GET", "/metrics", url="metrics")[2]
    assert "unknown-" not in page and "/nothing/here" not in page
    bounds = ["10", "50", "100", "500", "1000", "5000", "+Inf"]
    for bound in bounds:
        assert f'eventcore_order_value_dollars_bucket{{le="{bound}"}}' in page, bound
    assert page.count("eventcore_order_value_dollars_bucket") == len(bounds)
    assert shop.metric('eventcore_commands_total{command_type="place_order"}') > 0


def a_late_body_is_no_long_request(shop):
    labels = '{method="POST",endpoint="/stock"}'
    before = shop.metric("eventcore_request_duration_seconds_sum" + labels)
    count = shop.metric("eventcore_request_duration_seconds_count" + labels)
    body = b'{"product": "LATE", "quantity": 1}'
    with connection_to(shop) as client:
        client.sendall(b"POST /stock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body))
        time.sleep(2)
        client.sendall(body)
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 201 ")
    wait_until(lambda: shop.metric("eventcore_request_duration_seconds_count" + labels) > count)
    assert shop.metric("eventcore_request_duration_seconds_sum" + labels) < before + 1.5


def trailers_are_limited_and_mean_nothing(shop):
    head = b"POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = json.dumps(ORDER).encode()
    chunks = b"%x\r\n%s\r\n0\r\n" % (len(body), body)
    for trailer, status in ((b"A: " + b"x" * 65_600, b"413"),
                            (b"Host: evil\r\nIdempotency-Key: key-1", b"201")):
        with connection_to(shop) as client:
            client.sendall(head + chunks + trailer + b"\r\n\r\n")
            assert client.makefile("rb").readline().split()[1] == status, status
    assert shop.call("GET", "/reports/revenue")[0] == 200


def read_models_agree_with_the_report(shop):
    customer = {"customer": "last", "country": ""}
    after = shop.call("POST", "/customers", customer, {"Idempotency-Key": "last"})[2]["position"]
    sales = shop.call("GET", "/reports/revenue")[2]
    revenue = shop.call("GET", f"/revenue?after={after}")[2]
    for number in ("orders", "returns", "units_sold", "units_returned", "gross", "returned"):
        assert revenue[number] == sales[number], (number, revenue, sales)
    assert revenue["position"] >= after, revenue
    for country, gross in sales["revenue_by_country"].items():
        of = urllib.parse.quote(country, safe="")
        assert shop.call("GET", f"/revenue?country={of}")[2]["gross"] == gross, country
    products = []
    page = {"next": f"/stock?limit=400&after={after}"}
    while "next" in page:
        page = shop.call("GET", page["next"])[2]
        products += page["products"]
    assert len({product["product"] for product in products}) == len(products)
    assert sum(product["sold"] for product in products) == sales["units_sold"]
    assert any(product["product"] == "L1" and product["on_hand"] == 3 for product in products)
    low = shop.call("GET", "/stock?below=1")[2]["products"]
    assert [product["product"] for product in low] == ["LAST"], low
    expect_problem(shop.call("GET", "/stock?below=few"), 400, "invalid_query")
    for name in ("customer_orders", "stock_levels", "daily_revenue"):
        lag = re.compile(
            r'^eventcore_projection_lag_seconds\{projection_name="%s\.[0-9a-f]{16}"\} 0$' % name,
            re.MULTILINE)
        wait_until(lambda lag=lag: lag.search(shop.call("GET", "/metrics", url="metrics")[2]))
    expect_problem(shop.call("GET", "/customers/none/orders"), 404, "not_found")


def health_is_told(shop):
    for path in ("/health", "/health/live", "/health/ready", "/health/startup"):
        assert shop.call("GET", path, url="health")[0] == 200, path


def an_unfinished_request_does_not_hold_up_the_end(store):
    shop = RunningShop(store)
    with connection_to(shop) as silent, connection_to(shop) as slow:
        slow.sendall(b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert silent.fileno() >= 0
        shop.stop(signal.SIGINT)


def addresses_that_do_not_work_are_refused(shop, folder):
    taken = shop.urls["shop"].removeprefix("http://")
    store = pathlib.Path(folder, "other.db")
    for arguments, code in ((("--listen", taken), 1), (("--listen", "nonsense"), 2),
                            (("--listen", "127.0.0.1:0", "--metrics-listen", taken), 1),
                            (("--listen", "127.0.0.1:0", "--metrics-listen", "nonsense"), 2)):
        result = run("serve", "--store", f"sqlite:{store}", *arguments, expect=code)
        assert arguments[-2] in result.stderr and result.stderr.count("\n") == 1, result.stderr
        assert not store.exists(), arguments
    run("serve", "--listen", "127.0.0.1:0", expect=2)


if __name__ == "__main__":
    with workspace() as place:
        url = f"sqlite:{place}/shop.db"
        with running_shop(url) as running:
            for check in (orders_can_be_placed_and_read, a_key_makes_a_request_repeatable,
                          stock_runs_out, the_last_unit_is_sold_once, customers_are_counted_once,
                          bad_requests_are_explained, requests_are_counted_by_route,
                          a_late_body_is_no_long_request,
                          trailers_are_limited_and_mean_nothing,
                          read_models_agree_with_the_report, health_is_told):
                check(running)
            addresses_that_do_not_work_are_refused(running, place)
            sales = running.call("GET", "/reports/revenue")[2]
        assert report(url)["orders"] == sales["orders"]
        an_unfinished_request_does_not_hold_up_the_end(url)
        with running_shop(url) as running:
            assert running.call("GET", "/reports/revenue")[2] == sales
