"""Makes retail files that have what real ones lack: every line end, encoding and kind of fault.

A file is a function of its seed. The rows are invented.
"""

import csv
import io
import random

from reference_report import COLUMNS

CODES = ["85123A", "85123a", "84406B", "POST", "BANK CHARGES", "gift_0001_20", "C2", "M", "m", "DOT",
         "22423", "22423 ", "10%", "?", "47566[B]", "S*"] + [str(20000 + i) for i in range(60)]
COUNTRIES = ["United Kingdom", "France", "EIRE", "Österreich", "RSA", "Channel Islands", ""]
DESCRIPTIONS = ["WHITE LANTERN", "CAKE STAND, 3 TIER", 'SIGN "HOME"', "CAFÉ SET £5", "", "TWO\nLINES",
                "damaged?", " SPACES "]


def good_row(rng, invoice, date, customer, country):
    quantity = rng.choice([1, 1, 2, 6, 12, 96, 2880])
    if invoice[0] == "C" and rng.random() < 0.9 or rng.random() < 0.08:
        quantity = -quantity
    if rng.random() < 0.02:
        quantity = 0
    price = rng.choice(["0", "2.55", "0.001", "950.99", "1", "7.9500", "0.0001", ".5", "12."])
    if invoice[0] == "A":
        price = "-" + price
    return [invoice, rng.choice(CODES), rng.choice(DESCRIPTIONS), str(quantity), date, price,
            customer, country]


def bad_row(rng, row):
    row = list(row)
    kind = rng.randrange(9)
    if kind == 0:
        return row[:rng.randrange(1, 8)]
    if kind == 1:
        return row + ["more"]
    column, text = [(0, ""), (1, ""), (3, "six"), (3, "1.5"), (4, "13/1/10 8:00"),
                    (4, "2010-12-01"), (5, "free")][kind - 2]
    row[column] = text
    return row


def date_text(rng, minute):
    day, hour = 1 + minute // 1440 % 28, minute // 60 % 24
    year = rng.choice(["10", "2010"])
    padded = rng.random() < 0.3
    form = "{:02}/{:02}/{} {:02}:{:02}" if padded else "{}/{}/{} {}:{:02}"
    return form.format(12, day, year, hour, minute % 60)


def generate(seed, invoices=300, bad_share=0.03):
    """Returns the bytes of one file."""
    rng = random.Random(seed)
    rows = []
    for i in range(invoices):
        prefix = rng.choices(["", "C", "A", "c", "X-"], [80, 12, 4, 2, 2])[0]
        invoice = prefix + str(536365 + i)
        date = date_text(rng, i * 7)
        customer = rng.choice(["", str(12346 + rng.randrange(80))])
        country = rng.choice(COUNTRIES)
        size = rng.choice([1, 1, 2, 5, 9, 21, 60])
        rows += [good_row(rng, invoice, date, customer, country) for _ in range(size)]
    # Split invoices: neighbours change places, over short and long distances.
    for _ in range(len(rows) // 3):
        a = rng.randrange(len(rows))
        b = min(len(rows) - 1, a + rng.choice([1, 5, 400]))
        rows[a], rows[b] = rows[b], rows[a]
    rows = [bad_row(rng, row) if rng.random() < bad_share else row for row in rows]

    out = io.StringIO(newline="")
    ending = rng.choice(["\n", "\r\n"])
    csv.writer(out, lineterminator=ending).writerow(COLUMNS)
    writers = [csv.writer(out, lineterminator=ending, quoting=quoting)
               for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)]
    for row in rows:
        rng.choice(writers).writerow(row)
        if rng.random() < 0.01:
            out.write(ending)
    text = out.getvalue()
    if rng.random() < 0.3:
        text = text.rstrip("\r\n")
    encoding = rng.choice(["utf-8", "utf-8-sig", "latin-1"])
    return text.encode(encoding)
