"""Draws the dashboards of scripts/panel_preview as SVG."""

import math
import time
from xml.sax.saxutils import escape

from panel_data import needs_of
from value_text import scale_of, value_text

COLUMN, ROW, GAP, HEAD = 54, 33, 6, 40  # pixels
LETTER = 6.6  # of the small text
PALETTE = ["#56a64b", "#e0a30c", "#3a9fbf", "#e8743b", "#d64550", "#1f60c4", "#a352cc", "#705da0",
           "#447a3a", "#997a00", "#2f6f85", "#99440a"]
COLORS = {"green": "#56a64b", "red": "#d64550", "dark-red": "#a01225", "orange": "#e8743b",
          "yellow": "#d8b00c", "blue": "#3274d9", "text": "#84888f"}
STYLE = ("text{font:11px 'DejaVu Sans',Verdana,sans-serif;fill:#33373d}.t{font-weight:bold}"
         ".g{fill:#84888f}.b{fill:#fff;font-weight:bold;font-size:22px}"
         ".h{font-size:18px;font-weight:bold}.r{font-size:13px;font-weight:bold}"
         ".w{fill:#fff}.l{fill:none;stroke-width:1.3}.x{stroke:#e4e6ea}"
         ".p{fill:#fff;stroke:#d5d8dd}")


def cut(text, pixels, letter=LETTER):
    room = max(int(pixels / letter), 1)
    return text if len(text) <= room else text[:room - 1] + "…"


def path(points):
    """Returns a line as SVG has it, in steps of whole pixels: the shortest way to write it."""
    whole = [(round(x), round(y)) for x, y in points]
    steps = [f"{x - left} {y - top}" for (left, top), (x, y) in zip(whole, whole[1:])]
    return f"M{whole[0][0]} {whole[0][1]}l" + ",".join(steps)


class Canvas:
    """Collects SVG. Coordinates are pixels."""

    def __init__(self):
        self.parts = []

    def text(self, x, y, text, style="", anchor="start"):
        anchor = "" if anchor == "start" else f' text-anchor="{anchor}"'
        style = f' class="{style}"' if style else ""
        self.parts.append(f'<text x="{x:.0f}" y="{y:.0f}"{style}{anchor}>{escape(text)}</text>')

    def box(self, x, y, width, height, fill, more=""):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
                          f'height="{max(height, 0):.1f}" fill="{fill}"{more}/>')

    def line(self, points, color, more=""):
        self.parts.append(f'<path class="l" stroke="{color}" d="{path(points)}"{more}/>')

    def area(self, points, color, opacity):
        self.parts.append(f'<path fill="{color}" fill-opacity="{opacity}" d="{path(points)}z"/>')


def color_of(panel, value):
    """Returns the colour of the threshold that `value` has reached."""
    color = "green"
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            color = step["color"]
    return COLORS[color]


def text_of(panel, value):
    defaults = panel["fieldConfig"]["defaults"]
    return value_text(value, defaults["unit"], defaults.get("decimals"))


def ticks(low, high, panel):
    """Returns up to five numbers between `low` and `high` that are round in the panel's unit."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    scale = scale_of(high, unit)
    step = 10 ** math.floor(math.log10((high - low) / scale / 4))
    step = scale * min(step * factor for factor in (1, 2, 2.5, 5, 10)
                       if step * factor * 4 >= (high - low) / scale * 0.999)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


class Plot:
    """The inside of a panel with time from left to right."""

    def __init__(self, canvas, frame, window, low, high):
        self.canvas, self.window, self.low, self.high = canvas, window, low, high
        self.left, self.top, self.width, self.height = frame

    def x(self, when):
        return self.left + self.width * (when - self.window.start) / (
            self.window.end - self.window.start)

    def y(self, value):
        value = min(max(value, self.low), self.high)
        return self.top + self.height * (1 - (value - self.low) / (self.high - self.low))

    def times(self):
        length = self.window.end - self.window.start
        pattern = "%H:%M:%S" if length < 600 else "%H:%M" if length < 86400 else "%m-%d"
        for part in (0.12, 0.5, 0.88):
            when = self.window.start + part * length
            self.canvas.text(self.x(when), self.top + self.height + 13,
                             time.strftime(pattern, time.gmtime(when)), "g", "middle")

    def values(self, panel):
        for tick in ticks(self.low, self.high, panel):
            y = self.y(tick)
            self.canvas.parts.append(f'<path class="x" d="M{self.left:.0f} {y:.1f}h'
                                     f'{self.width:.0f}"/>')
            self.canvas.text(self.left - 5, y + 4, text_of(panel, tick), "g", "end")

    def thresholds(self, panel):
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        if custom.get("thresholdsStyle", {}).get("mode", "off") == "off":
            return
        for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
            if step["value"] is not None and self.low <= step["value"] <= self.high:
                y = self.y(step["value"])
                self.canvas.line([(self.left, y), (self.left + self.width, y)],
                                 COLORS[step["color"]], ' stroke-dasharray="6 4"')


def runs(points, step):
    """Splits where samples are missing."""
    run = []
    for point in points:
        if run and point[0] - run[-1][0] > 1.5 * step:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def legend_rows(series, width):
    rows, room = [[]], width
    for index, each in enumerate(series):
        wide = min(20 + LETTER * len(each.legend), width)
        if wide > room and rows[-1]:
            rows.append([])
            room = width
        rows[-1].append((index, each.legend))
        room -= wide
    return rows


def draw_legend(canvas, x, y, width, rows, most):
    for number, row in enumerate(rows[:most]):
        left = x
        for index, text in row:
            canvas.box(left, y + 15 * number - 4, 10, 3, PALETTE[index % len(PALETTE)])
            canvas.text(left + 14, y + 15 * number, cut(text, width - 14))
            left += 20 + LETTER * len(text)
    if len(rows) > most:
        canvas.text(x + width, y + 15 * most - 15, f"+ {sum(map(len, rows[most:]))}", "g", "end")


def stacked(series):
    """Adds each series to those before it: returns (moment, sum with it, sum without it)."""
    below, made = {}, []
    for each in series:
        made.append([(when, below.get(when, 0) + value, below.get(when, 0))
                     for when, value in each.points])
        below.update({when: value for when, value, _ in made[-1]})
    return made


def bounds(panel, lines):
    defaults = panel["fieldConfig"]["defaults"]
    values = [point[1] for line in lines for point in line]
    low, high = min([0, *values]), max(values)
    # A threshold that is not far away is worth seeing.
    near = [step["value"] for step in defaults["thresholds"]["steps"]
            if step["value"] is not None and high < step["value"] <= 2.5 * high]
    high = max([high, *near])
    low, high = defaults.get("min", low), defaults.get("max", high * 1.05)
    return low, high if high > low else low + 1


def draw_timeseries(canvas, panel, series, frame, window):
    left, top, width, height = frame
    series = sorted(series, key=lambda each: (each.target, each.legend))
    rows = legend_rows(series, width - 10)
    shown = min(len(rows), 3)
    stack = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] != "none"
    lines = stacked(series) if stack else [each.points for each in series]
    low, high = bounds(panel, lines)
    margin = 12 + LETTER * max(len(text_of(panel, tick)) for tick in ticks(low, high, panel))
    plot = Plot(canvas, (left + margin, top + 4, width - margin - 8, height - 26 - 15 * shown),
                window, low, high)
    plot.values(panel)
    plot.times()
    for index, line in reversed(list(enumerate(lines))):
        color = PALETTE[index % len(PALETTE)]
        for run in runs(line, window.step):
            points = [(plot.x(point[0]), plot.y(point[1])) for point in run]
            if len(points) == 1:
                points.append((points[0][0] + 2, points[0][1]))
            if stack:
                base = [(plot.x(point[0]), plot.y(point[2])) for point in reversed(run)]
                canvas.area(points + base, color, 0.35)
            canvas.line(points, color)
    plot.thresholds(panel)
    draw_legend(canvas, left + 6, top + height - 15 * shown + 6, width - 10, rows, shown)


def draw_stat(canvas, panel, series, frame, window):
    left, top, width, height = frame
    wide = width / len(series)
    for index, each in enumerate(series):
        x = left + index * wide
        canvas.box(x + 1, top, wide - 2, height - 1, color_of(panel, each.last()), ' rx="3"')
        values = [value for _, value in each.points]
        if len(values) > 1 and max(values) > min(values):
            plot = Plot(canvas, (x + 1, top + height * 0.55, wide - 2, height * 0.45 - 2), window,
                        min(0, *values), max(values))
            points = [(plot.x(when), plot.y(value)) for when, value in each.points]
            canvas.area([(points[0][0], top + height - 1), *points,
                         (points[-1][0], top + height - 1)], "#fff", 0.2)
        canvas.text(x + wide / 2, top + height / 2 + 8, text_of(panel, each.last()), "b", "middle")


def draw_bargauge(canvas, panel, series, frame, _):
    left, top, width, height = frame
    series = series[:int(height // 18)]
    names = min(max(LETTER * len(each.legend) for each in series) + 14, width * 0.45)
    defaults = panel["fieldConfig"]["defaults"]
    low = defaults.get("min", 0)
    high = defaults.get("max") or max(each.last() for each in series) or 1
    tall = min(height / len(series), 34)
    for index, each in enumerate(series):
        y, room = top + index * tall, width - names - 84
        part = (min(max(each.last(), low), high) - low) / (high - low)
        canvas.text(left + 8, y + tall / 2 + 4, cut(each.legend, names - 10))
        canvas.box(left + names, y + 3, room, tall - 6, "#f0f1f3")
        canvas.box(left + names, y + 3, room * part, tall - 6, color_of(panel, each.last()))
        canvas.text(left + width - 8, y + tall / 2 + 4, text_of(panel, each.last()), "", "end")


def draw_table(canvas, panel, series, frame, _):
    left, top, width, height = frame
    organize = panel["transformations"][-1]["options"]
    order = sorted(organize["indexByName"], key=organize["indexByName"].get)
    labels = [name for name in order if not name.startswith("Value")]
    targets = [target["refId"] for target in panel["targets"]]
    rows = {}
    for each in series:
        key = tuple(each.labels.get(name, "") for name in labels)
        rows.setdefault(key, {})[each.target] = text_of(panel, each.last())
    heads = labels + [organize["renameByName"][name] for name in order if name not in labels]
    cells = [heads] + [[*key, *(values.get(target, "") for target in targets)]
                       for key, values in sorted(rows.items())]
    wants = [max(len(row[column]) for row in cells) + 2 for column in range(len(heads))]
    for number, row in enumerate(cells[:int(height // 19)]):
        x, y = left + 8, top + 14 + 19 * number
        for text, want in zip(row, wants):
            room = (width - 16) * want / sum(wants)
            canvas.text(x, y, cut(text, room - 4), "" if number else "g")
            x += room
        canvas.parts.append(f'<path class="x" d="M{left + 4:.0f} {y + 5:.0f}h{width - 8:.0f}"/>')


def draw_heatmap(canvas, panel, series, frame, window):
    left, top, width, height = frame
    series = sorted((each for each in series), key=lambda each: float(each.labels["le"]))
    below, cells = {}, []
    for row, each in enumerate(series):
        cells += [(when, row, value - below.get(when, 0)) for when, value in each.points]
        below = dict(each.points)
    used = [row for _, row, value in cells if value > 1e-9] or [0]
    low, high = max(min(used) - 1, 0), max(used) + 1
    most = max(value for _, _, value in cells) or 1
    plot = Plot(canvas, (left + 62, top + 4, width - 70, height - 26), window, low, high)
    plot.times()
    tall, wide = plot.height / (high - low), plot.width * window.step / (window.end - window.start)
    for when, row, value in cells:
        if value > 1e-9:
            canvas.box(plot.x(when) - wide, plot.y(row) - tall, wide - 0.5, tall - 1, "#e8743b",
                       f' fill-opacity="{0.12 + 0.88 * math.sqrt(value / most):.2f}"')
    unit = panel["options"]["yAxis"]["unit"]
    for row in range(low, min(high, len(series))):
        bound = float(series[row].labels["le"])
        text = "more" if math.isinf(bound) else value_text(bound, unit)
        canvas.text(plot.left - 5, plot.y(row) - tall + 8, text, "g", "end")


def draw_states(canvas, panel, series, frame, window):
    left, top, width, height = frame
    options = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    names = min(max(LETTER * len(each.legend) for each in series) + 14, width * 0.4)
    tall = min((height - 22) / len(series), 30)
    plot = Plot(canvas, (left + names, top, width - names - 8, tall * len(series)), window, 0, 1)
    plot.times()
    for index, each in enumerate(sorted(series, key=lambda each: each.legend)):
        y = top + index * tall
        canvas.text(left + 8, y + tall / 2 + 4, cut(each.legend, names - 10))
        segments = []
        for when, value in each.points:
            follows = segments and when - segments[-1][1] <= 1.5 * window.step
            if follows:
                segments[-1][1] = when
            if not follows or segments[-1][2] != value:
                segments.append([when, when, value])
        for start, end, value in segments:
            state = options.get(f"{value:g}", {"text": f"{value:g}", "color": "text"})
            x, wide = plot.x(start), max(plot.x(end) - plot.x(start), 2)
            canvas.box(x, y + 2, wide, tall - 4, COLORS[state["color"]])
            if wide > LETTER * len(state["text"]) + 6:
                canvas.text(x + 4, y + tall / 2 + 4, state["text"], "w")


DRAW = {"timeseries": draw_timeseries, "stat": draw_stat, "bargauge": draw_bargauge,
        "table": draw_table, "heatmap": draw_heatmap, "state-timeline": draw_states}


def draw_panel(canvas, panel, series, window):
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN + GAP, place["y"] * ROW + HEAD
    width, height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    if panel["type"] == "row":
        canvas.text(x, y + 20, panel["title"], "r")
        return
    canvas.box(x, y, width, height, "#fff", ' class="p" rx="3"')
    canvas.text(x + 8, y + 17, cut(panel["title"], width - 16, 7.2), "t")
    frame = (x, y + 26, width, height - 30)
    if series:
        DRAW[panel["type"]](canvas, panel, series, frame, window)
        return
    canvas.text(x + width / 2, y + height / 2 + 4, "No data", "g", "middle")
    if needs := needs_of(panel):
        canvas.text(x + width / 2, y + height / 2 + 20, cut(f"needs {needs}", width - 16), "g",
                    "middle")


def drawing(dashboard, series, window):
    """Returns (SVG, width, height) of a dashboard whose panels have these series by their ids."""
    canvas = Canvas()
    for panel in dashboard["panels"]:
        draw_panel(canvas, panel, series.get(panel["id"], []), window)
    width = 24 * COLUMN + GAP
    height = HEAD + ROW * max(panel["gridPos"]["y"] + panel["gridPos"]["h"]
                              for panel in dashboard["panels"])
    shown = (time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(window.start)),
             time.strftime("%H:%M:%S UTC", time.gmtime(window.end)))
    head = Canvas()
    head.text(GAP, 26, dashboard["title"], "h")
    head.text(width - GAP, 26, " to ".join(shown), "g", "end")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><style>{STYLE}</style>'
            f'<rect width="100%" height="100%" fill="#f4f5f7"/>\n'
            + "\n".join(head.parts + canvas.parts) + "\n</svg>\n", width, height)
