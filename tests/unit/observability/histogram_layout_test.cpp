#include "eventcore/detail/histogram_layout.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace eventcore::observability::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The first bound that is not less than `value`, counted.
std::size_t classic_bucket(const std::vector<double>& bounds, double value) {
  std::size_t bucket = 0;
  while (bucket < bounds.size() && value > bounds[bucket]) ++bucket;
  return bucket;
}

/// Values around each of `bounds` and all over the range of a double.
std::vector<double> values_for(const std::vector<double>& bounds) {
  std::vector<double> values = {0, -0.0, -1, -kInfinity, kInfinity, 1e-320, 1e300, 5e-324};
  for (const double bound : bounds) {
    values.push_back(bound);
    values.push_back(std::nextafter(bound, kInfinity));
    values.push_back(std::nextafter(bound, -kInfinity));
  }
  std::mt19937_64 random(7);  // NOLINT: the same values in each run
  std::uniform_real_distribution<double> exponent(-40, 40);
  for (int i = 0; i < 20'000; ++i) values.push_back(std::exp2(exponent(random)));
  for (int index = -300; index < 300; ++index) {
    values.push_back(std::exp2(index / 8.0));
    values.push_back(std::nextafter(std::exp2(index / 8.0), kInfinity));
  }
  return values;
}

const std::vector<std::vector<double>> kBounds = {{50e-6, 100e-6, 250e-6, 0.001, 0.1, 1, 10},
                                                  {1, 2, 3, 5, 8, 13},
                                                  {0, 1, 2, 1000, 1001, 1002, 1003, 1024},
                                                  {-10, -1, 0, 1, 10},
                                                  {-3, -2},
                                                  {1e-300, 1e300},
                                                  {10, 50, 100, 500, 1000, 5000}};

TEST(HistogramLayout, PutsEachValueIntoTheClassicBucketThatHoldsIt) {
  for (const auto& bounds : kBounds) {
    for (const bool native : {false, true}) {
      const HistogramLayout layout(bounds, native, 1);
      for (const double value : values_for(bounds)) {
        ASSERT_EQ(layout.classic_bucket(layout.cell_of(value)), classic_bucket(bounds, value))
            << value << (native ? " native" : "");
      }
    }
  }
}

TEST(HistogramLayout, PutsEachValueIntoTheNativeBucketThatHoldsIt) {
  for (const auto& bounds : kBounds) {
    const HistogramLayout layout(bounds, true, 1);
    std::size_t inside = 0;
    for (const double value : values_for(bounds)) {
      const std::uint32_t cell = layout.cell_of(value);
      if (cell < layout.zero_cells()) {
        ASSERT_LE(value, layout.zero_threshold()) << value;
        continue;
      }
      ASSERT_GT(value, layout.zero_threshold()) << value;
      const int index = layout.native_bucket(cell);
      if (index == layout.native_bucket(layout.value_cells() - 1)) continue;  // beyond them all
      ++inside;
      ASSERT_LE(value, std::exp2(index / 8.0)) << value;
      ASSERT_GT(value, std::exp2((index - 1) / 8.0)) << value;
    }
    EXPECT_GT(inside, 1'000U);
  }
}

TEST(HistogramLayout, CountsNanosecondsAgainstBoundsInSeconds) {
  const std::vector<double> bounds = {50e-6, 0.005, 0.1, 0.25};
  const HistogramLayout layout(bounds, true, 1e-9);
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto ns = static_cast<std::uint64_t>(std::llround(bounds[i] * 1e9));
    EXPECT_EQ(layout.classic_bucket(layout.cell_of(ns)), i);
    EXPECT_EQ(layout.classic_bucket(layout.cell_of(ns + 1)), i + 1);
  }
  EXPECT_EQ(layout.native_bucket(layout.cell_of(std::uint64_t{1'000'000'000})), 0);
  EXPECT_EQ(layout.native_bucket(layout.cell_of(std::uint64_t{1'000'000'001})), 1);
}

TEST(HistogramLayout, CountsWholeUnitsAllOverTheirRange) {
  for (const std::vector<double>& bounds :
       {std::vector<double>{50e-6, 0.005, 10}, std::vector<double>{1e-9, 2e-9, 3e-9, 4e-9, 1e9},
        std::vector<double>{0, 1e-9, 1}, std::vector<double>{-1, 0}}) {
    const HistogramLayout layout(bounds, true, 1e-9);
    std::vector<std::uint64_t> values = {0, 1, 2, 3, 4, 5, 7, 8, 9, ~std::uint64_t{0} >> 1};
    std::mt19937_64 random(7);  // NOLINT: the same values in each run
    for (int i = 0; i < 20'000; ++i) values.push_back(random() >> (1 + random() % 62));
    for (const std::uint64_t value : values) {
      const std::uint32_t cell = layout.cell_of(value);
      std::vector<double> ns;
      for (const double bound : bounds) ns.push_back(std::round(bound * 1e9));
      ASSERT_EQ(layout.classic_bucket(cell), classic_bucket(ns, static_cast<double>(value)))
          << value;
      const double seconds = static_cast<double>(value) / 1e9;
      if (cell < layout.zero_cells()) {
        ASSERT_LE(seconds, layout.zero_threshold()) << value;
      } else if (layout.native_bucket(cell) != layout.native_bucket(layout.value_cells() - 1)) {
        ASSERT_LE(seconds, std::exp2(layout.native_bucket(cell) / 8.0) * (1 + 1e-15)) << value;
        ASSERT_GT(seconds, std::exp2((layout.native_bucket(cell) - 1) / 8.0) * (1 - 1e-15))
            << value;
      }
    }
  }
}

TEST(HistogramLayout, StaysWithinItsMemory) {
  const std::vector<double> latencies = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3,
                                         10e-3, 25e-3,  50e-3,  0.1,    1,    5,      10};
  EXPECT_LE((HistogramLayout(latencies, true, 1e-9).value_cells() + 1) * 8, 2'500U);
  EXPECT_EQ(HistogramLayout(latencies, false, 1e-9).value_cells(), latencies.size() + 1);
}

}  // namespace
}  // namespace eventcore::observability::detail
