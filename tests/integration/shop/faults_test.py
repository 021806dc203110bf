"""The faults that a shop is given by name: on, off, and an orderly end beside them.

usage: faults_test.py PATH-OF-eventcore-shop
"""

import pathlib

from running_shop import running_shop
from shop_program import program, run, wait_until, workspace


def deliver(shop, number):
    return shop.call("POST", "/stock", {"product": f"P{number}", "quantity": 1})[0]


def on(shop):
    return {name for name, is_on in shop.call("GET", "/faults")[2].items() if is_on}


def faults_go_on_and_off(folder):
    with running_shop(f"sqlite:{folder}/shop.db", "--fault", "error-burst") as shop:
        assert on(shop) == {"error-burst"}
        assert {deliver(shop, i) for i in range(10)} == {201, 503}
        assert shop.call("DELETE", "/faults/error-burst")[0] == 200
        assert on(shop) == set()
        assert {deliver(shop, i) for i in range(10)} == {201}
        assert shop.call("PUT", "/faults/flood")[0] == 404
        for name in ("store-unreachable", "slow-commits"):
            assert shop.call("PUT", f"/faults/{name}")[0] == 409, name


def a_projection_halts(folder):
    with running_shop(f"sqlite:{folder}/halted.db", "--fault", "none") as shop:
        shop.call("PUT", "/faults/projector-killed")
        assert deliver(shop, 1) == 201
        # The thread halts behind its batch, so that only the next delivery is not seen any more.
        wait_until(lambda: shop.call("GET", "/stock")[2]["products"])
        position = shop.call("POST", "/stock", {"product": "P2", "quantity": 1})[2]["position"]
        # Who asks for that position waits in vain.
        assert shop.call("GET", f"/stock?after={position}")[0] == 504
        assert len(shop.call("GET", "/stock")[2]["products"]) == 1
        shop.call("DELETE", "/faults/projector-killed")
        assert len(shop.call("GET", f"/stock?after={position}")[2]["products"]) == 2
        # It ends well, whatever is on.
        shop.call("PUT", "/faults/projector-killed")
        deliver(shop, 3)


def faulted(shop):
    """The projections that have stopped at a failure."""
    return [line.split('"')[1]
            for line in shop.call("GET", "/metrics", url="metrics")[2].splitlines()
            if line.startswith("eventcore_projection_state{") and 'state="faulted"' in line and
            line.endswith(" 1")]


def a_projection_stops_at_an_event(folder):
    with running_shop(f"sqlite:{folder}/poison.db", "--fault", "poison-event") as shop:
        wait_until(lambda: faulted(shop))
        assert [name.partition(".")[0] for name in faulted(shop)] == ["stock_levels"]
        assert deliver(shop, 1) == 201
        assert shop.call("DELETE", "/faults/poison-event")[0] == 409


def nobody_has_them_who_did_not_ask(folder):
    with running_shop(f"sqlite:{folder}/plain.db") as shop:
        assert shop.call("GET", "/faults")[0] == 404
        assert shop.call("PUT", "/faults/error-burst")[0] == 404
    said = run("serve", "--store", f"sqlite:{folder}/plain.db", "--fault", "flood", expect=2)
    assert "flood" in said.stderr, said
    said = run("serve", "--store", f"sqlite:{folder}/plain.db", "--fault", "slow-commits", expect=2)
    assert "PostgreSQL" in said.stderr, said


def main():
    assert program()
    with workspace() as name:
        folder = pathlib.Path(name)
        faults_go_on_and_off(folder)
        a_projection_halts(folder)
        a_projection_stops_at_an_event(folder)
        nobody_has_them_who_did_not_ask(folder)


if __name__ == "__main__":
    main()
