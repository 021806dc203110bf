"""How the panel preview writes numbers, asks questions and draws what it gets.

usage: panel_preview_test.py
"""

import sys
import unittest
import xml.etree.ElementTree

from dashboards import ANY_TIME, dashboards
from kit import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

# pylint: disable=wrong-import-position
from panel_data import QueryFailed, Series, legend, panels_of, substituted  # noqa: E402
from panel_drawing import color_of, drawing, runs, stacked, ticks  # noqa: E402
from value_text import value_text  # noqa: E402

OPERATIONS = next(each for each in dashboards() if each["uid"] == "eventcore-operations")


def panel(title):
    return next(each for each in panels_of(OPERATIONS) if each["title"] == title)


class PanelPreview(unittest.TestCase):
    def test_numbers_have_three_digits_and_their_unit(self):
        for value, unit, text in ((0, "s", "0 s"), (0.0123, "s", "12.3 ms"), (2.5e-5, "s", "25 µs"),
                                  (90, "s", "1.5 min"), (-7200, "s", "-2 h"),
                                  (1536, "bytes", "1.5 KiB"), (2 ** 31, "bytes", "2 GiB"),
                                  (2048, "Bps", "2 KiB/s"), (0.25, "percentunit", "25 %"),
                                  (12345, "short", "12.3 k"), (0.5, "ops", "0.5 /s"),
                                  (0.001, "short", "0.001"), (1e-9, "short", "0"),
                                  (1234.5, "currencyUSD", "$1,234"), (3, "short", "3")):
            self.assertEqual(value_text(value, unit), text, (value, unit))
        self.assertEqual(value_text(0.98765, "percentunit", 2), "98.77 %")

    def test_ticks_are_round_in_the_unit(self):
        latency, size = panel("Command Latency"), panel("Size of the store")
        self.assertEqual(ticks(0, 4.2, latency), [0, 2, 4])
        self.assertEqual(ticks(0, 300, latency), [0, 120, 240])
        self.assertEqual(ticks(0, 4 * 2 ** 20, size), [0, 2 ** 20, 2 ** 21, 3 * 2 ** 20, 2 ** 22])

    def test_variables_become_what_grafana_sends(self):
        sent = substituted('rate(x{job=~"$job",instance=~"$instance"}[$__rate_interval])',
                           OPERATIONS, ANY_TIME, {"job": "shop"})
        self.assertEqual(sent, 'rate(x{job=~"shop",instance=~".*"}[1m])')
        with self.assertRaises(QueryFailed):
            substituted('x{job="$jobs"}', OPERATIONS, ANY_TIME, {})
        self.assertEqual(legend("{{a}} of {{ b }}{{c}}", {"a": "1", "b": "2"}), "1 of 2")

    def test_colours_are_those_of_the_threshold_that_is_reached(self):
        rate = panel("Error Rate")
        colors = [color_of(rate, value) for value in (0, 0.0099, 0.01, 0.049, 0.05)]
        self.assertEqual(colors[0], colors[1])
        self.assertEqual(colors[2], colors[3])
        self.assertEqual(len(set(colors)), 3)

    def test_lines_end_where_samples_are_missing(self):
        self.assertEqual([len(run) for run in runs([(0, 1), (1, 1), (5, 1)], 1)], [2, 1])

    def test_stacked_series_stand_on_those_below(self):
        series = [Series("A", "", {}, [(0, 1), (1, 2)]), Series("B", "", {}, [(1, 5)])]
        self.assertEqual(stacked(series), [[(0, 1, 0), (1, 2, 0)], [(1, 7, 2)]])

    def test_every_panel_is_drawn_with_and_without_data(self):
        for dashboard in dashboards():
            for value in (0, -1, 1e-12, 3e11):
                series = {each["id"]: [
                    Series(target["refId"], "<&\"'>", {"le": bound},
                           [(when, value) for when in range(0, 3600, 600)])
                    for target in each["targets"] for bound in ("0.1", "+Inf")]
                    for each in panels_of(dashboard)}
                for given in (series, {}):
                    picture, width, height = drawing(dashboard, given, ANY_TIME)
                    xml.etree.ElementTree.fromstring(picture)
                    self.assertNotIn("nan", picture)
                    self.assertTrue(width > 1000 and height > 500)


if __name__ == "__main__":
    unittest.main()
