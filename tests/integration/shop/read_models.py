"""The shop's read models: what they must say, computed without the shop, and what is in their files.
"""

import contextlib
import datetime
import pathlib
import re
import sqlite3
from decimal import Decimal

from reference_report import is_good, rows_of

TABLES = {"customer_orders": ("customers", "orders"), "stock_levels": ("stock",),
          "daily_revenue": ("revenue",)}


def files_in(folder):
    """Returns the file of each projection; the folder is used by one instance only."""
    found = {name: list(pathlib.Path(folder).glob(f"{name}.*.db")) for name in TABLES}
    assert all(len(files) == 1 for files in found.values()), found
    return {name: files[0] for name, files in found.items()}


def position_of(file):
    """Returns up to where a read model is, 0 while it is not there."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT position FROM eventcore_projections").fetchone()
            return row[0] if row else 0
    except sqlite3.OperationalError:
        return 0


def contents(folder):
    """Returns the rows of every table in the read models of `folder`."""
    rows = {}
    for name, file in files_in(folder).items():
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            for table in TABLES[name]:
                rows[table] = sorted(database.execute(f"SELECT * FROM {table}"))
    return rows


class Expected:
    """Adds up orders and returns as the read models must."""

    def __init__(self):
        self.customers = {}  # customer: [orders, total]
        self.revenue = {}    # (day, country): [gross, returned]
        self.sold = {}       # product: units

    def order_of(self, customer):
        if customer:
            self.customers.setdefault(customer, [0, Decimal(0)])[0] += 1

    def line(self, customer, day, country, product, quantity, price):
        amount = quantity * Decimal(price)
        self.revenue.setdefault((day, country), [Decimal(0)] * 2)[0] += amount
        self.sold[product] = self.sold.get(product, 0) + quantity
        if customer:
            self.customers.setdefault(customer, [0, Decimal(0)])[1] += amount

    def file(self, data):
        """Adds the orders and returns of a retail file."""
        heads = {}  # invoice: customer and day of its first row
        for _, row in rows_of(data):
            if not is_good(row):
                continue
            invoice, product, _, quantity, date, price, customer, country = row
            month, day, year = (int(part) for part in date.split()[0].split("/"))
            date = datetime.date(year + 2000 if year < 100 else year, month, day)
            quantity = int(quantity)
            if re.fullmatch(r"\d+", invoice, re.ASCII):
                if quantity <= 0:
                    continue
                if invoice not in heads:
                    heads[invoice] = (customer, date)
                    self.order_of(customer)
                self.line(heads[invoice][0], heads[invoice][1], country, product, quantity, price)
            elif invoice.startswith("C"):
                _, date = heads.setdefault(invoice, (customer, date))
                back = self.revenue.setdefault((date, country), [Decimal(0)] * 2)
                back[1] += abs(quantity * Decimal(price))

    def check(self, folder):
        """The read models in `folder` say exactly this."""
        rows = contents(folder)
        customers = {name: [orders, Decimal(total)]
                     for name, orders, total in rows["customers"] if orders}
        assert customers == self.customers, difference(customers, self.customers)
        revenue = {}
        for day, country, _, _, _, _, gross, returned in rows["revenue"]:
            key = (datetime.date(1970, 1, 1) + datetime.timedelta(day), country)
            revenue[key] = [Decimal(gross), Decimal(returned)]
        ours = {key: sums for key, sums in self.revenue.items()}
        theirs = {key: sums for key, sums in revenue.items() if any(sums) or key in ours}
        assert theirs == ours, difference(theirs, ours)
        sold = {product: units for product, _, _, units, _ in rows["stock"] if units}
        expected = {product: units for product, units in self.sold.items() if units}
        assert sold == expected, difference(sold, expected)


def difference(found, expected):
    """Returns the entries of two dictionaries that differ: found and expected."""
    keys = [key for key in {**found, **expected} if found.get(key) != expected.get(key)]
    return [(key, found.get(key), expected.get(key)) for key in keys[:10]]
