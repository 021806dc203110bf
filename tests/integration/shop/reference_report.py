"""What a retail file sells, computed straight from the file: the shop's report must equal it.

Shares no code with the shop. Amounts are exact fractions of Python's decimal module.
"""

import csv
import datetime
import io
import re
from decimal import Decimal, InvalidOperation

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
           "CustomerID", "Country"]


def decoded(data):
    """Returns the text of a file that is UTF-8, with or without a mark, or else Latin-1."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def is_date(text):
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4}) (\d{1,2}):(\d{2})", text, re.ASCII)
    if not match:
        return False
    month, day, year, hour, minute = (int(part) for part in match.groups())
    try:
        datetime.datetime(year + 2000 if len(match[3]) == 2 else year, month, day, hour, minute)
    except ValueError:
        return False
    return True


def is_good(row):
    if len(row) != len(COLUMNS) or not row[0] or not row[1] or not is_date(row[4]):
        return False
    if not re.fullmatch(r"[+-]?\d+", row[3], re.ASCII):
        return False
    try:
        Decimal(row[5])
    except InvalidOperation:
        return False
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", row[5], re.ASCII))


def rows_of(data):
    """Yields (number of the row's first line, fields)."""
    reader = csv.reader(io.StringIO(decoded(data), newline=""), strict=True)
    assert next(reader) == COLUMNS
    line = reader.line_num + 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1


def reference_report(data):
    """Returns (report, line numbers of bad rows)."""
    orders, returns, adjustments = set(), set(), set()
    customers, products, bad_lines = set(), set(), []
    units_sold = units_returned = 0
    gross = returned = Decimal(0)
    revenue = {}
    for line, row in rows_of(data):
        if not is_good(row):
            bad_lines.append(line)
            continue
        invoice, code, _, quantity, _, price, customer, country = row
        quantity, amount = int(quantity), int(quantity) * Decimal(price)
        if re.fullmatch(r"\d+", invoice, re.ASCII):
            if quantity > 0:
                orders.add(invoice)
                products.add(code)
                if customer:
                    customers.add(customer)
                units_sold += quantity
                gross += amount
                revenue[country] = revenue.get(country, Decimal(0)) + amount
        elif invoice.startswith("C"):
            returns.add(invoice)
            units_returned += abs(quantity)
            returned += abs(amount)
        else:
            adjustments.add(invoice)
    return {
        "orders": len(orders), "returns": len(returns), "adjustments": len(adjustments),
        "units_sold": units_sold, "units_returned": units_returned,
        "gross": gross, "returned": returned,
        "customers": len(customers), "products": len(products),
        "revenue_by_country": revenue,
    }, bad_lines


def with_decimals(report):
    """Returns a report of the shop with numbers in place of its decimal strings."""
    for name in ("gross", "returned"):
        assert isinstance(report[name], str), f"{name} is not a string"
        report[name] = Decimal(report[name])
    for country, amount in report["revenue_by_country"].items():
        assert isinstance(amount, str), f"the revenue of {country} is not a string"
        report["revenue_by_country"][country] = Decimal(amount)
    return report
