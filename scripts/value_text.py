"""Numbers with the units of Grafana, as people read them."""

SCALES = {
    "s": ((86400 * 365, "years"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"),
          (1e-6, "µs"), (1e-9, "ns")),
    "bytes": ((2 ** 40, "TiB"), (2 ** 30, "GiB"), (2 ** 20, "MiB"), (2 ** 10, "KiB"), (1, "B")),
    "short": ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")),
}
SUFFIXES = {"ops": "/s", "cps": "/s", "reqps": "/s", "cpm": "/min", "Bps": "/s", "gbytes": "GiB"}


def short(number):
    text = f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"
    return text if "e" not in text else f"{number:.3f}".rstrip("0").rstrip(".")


def scaled(value, scale):
    if value == 0:
        return f"0 {scale[-1][1] if len(scale) < 6 else 's'}".strip()
    for factor, suffix in scale:
        if abs(value) >= factor * 0.9995:
            return f"{short(value / factor)} {suffix}".strip()
    return f"{short(value / scale[-1][0])} {scale[-1][1]}".strip()


def scale_of(value, unit):
    """Returns the factor of the unit in which `value` is written, such as 60 for minutes."""
    scale = SCALES.get({"Bps": "bytes"}.get(unit, unit), ((1, ""),))
    return next((factor for factor, _ in scale if factor >= 1 and value >= factor), 1)


def value_text(value, unit, decimals=None):
    """Returns `value` in `unit`, with about three digits."""
    if unit == "percentunit":
        return f"{100 * value:.{decimals}f} %" if decimals is not None else \
            f"{short(100 * value)} %"
    if unit == "currencyUSD":
        return f"${value:,.2f}" if abs(value) < 1000 else f"${value:,.0f}"
    if unit in ("s", "bytes"):
        return scaled(value, SCALES[unit])
    if unit == "Bps":
        return scaled(value, SCALES["bytes"]) + SUFFIXES[unit]
    number = short(value) if 0 < abs(value) < 1 else scaled(value, SCALES["short"])
    return f"{number} {SUFFIXES.get(unit, '')}".strip()
