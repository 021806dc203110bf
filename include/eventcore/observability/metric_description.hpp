#pragma once

/// \file
/// `MetricDescription`: what a metric is called and means, as a constant.
///
/// Descriptions are written once, as `constexpr` values; registration, the text of `/metrics` and
/// the reference page derive from them. EventCore's own are in catalogue.hpp; an application keeps
/// its own table of the same form. The usual mistake is a label whose values have no bound: see
/// `values_max`, and docs/reference/metrics.md.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace eventcore::observability {

enum class MetricKind : std::uint8_t {
  Counter,
  Gauge,
  Histogram,
  Info,  ///< Its labels say something, its value is always 1. Text 0.0.4 calls it a gauge.
};
[[nodiscard]] std::string_view to_string(MetricKind kind) noexcept;

/// The unit is the end of the metric's name (before `_total`), and registration checks it.
enum class MetricUnit : std::uint8_t { None, Seconds, Bytes };
[[nodiscard]] std::string_view to_string(MetricUnit unit) noexcept;

/// How a gauge's values in several processes that share a store become one. Counters and histograms
/// are added up.
enum class Across : std::uint8_t {
  Sum,  ///< Each process has a share: memory, connections, commands in flight.
  Max,  ///< Each says the same of the store or of a projection, some a moment later.
  Min,  ///< As `Max`, where the least one is the one to know, such as free space.
};
[[nodiscard]] std::string_view to_string(Across across) noexcept;

/// What a user may rely on.
enum class Stability : std::uint8_t {
  Stable,        ///< Name, labels and meaning stay within a major version.
  Experimental,  ///< May change in a minor version.
};
[[nodiscard]] std::string_view to_string(Stability stability) noexcept;

/// Values of one run-time label that get series of their own, unless the label says otherwise.
inline constexpr std::size_t kLabelValuesMax = 100;
/// Series of one family with run-time labels.
inline constexpr std::size_t kFamilySeriesMax = 2'000;
/// Bytes of one label value; longer ones go to the overflow series.
inline constexpr std::size_t kLabelValueBytes = 256;
/// Bounds of one histogram.
inline constexpr std::size_t kHistogramBoundsMax = 64;
/// The label value of the series that takes what is past those limits.
inline constexpr std::string_view kOverflowValue = "__overflow__";

/// One label. With `values` the domain is fixed (see `LabelDomain`), else values come at run time
/// and at most `values_max` of them get series of their own.
struct LabelDescription {
  std::string_view name;
  std::span<const std::string_view> values = {};
  std::size_t values_max = kLabelValuesMax;
};

/// One metric family. Labels with run-time values come before those with fixed ones.
/// Thread-safety: Immutable. Ownership: views; registries copy what they keep.
struct MetricDescription {
  std::string_view name;  ///< `[a-zA-Z_][a-zA-Z0-9_]*`; counters end in `_total`, infos in `_info`.
  MetricKind kind = MetricKind::Counter;
  MetricUnit unit = MetricUnit::None;
  std::span<const LabelDescription> labels = {};
  std::span<const double> buckets = {};  ///< Upper bounds, ascending, without infinity.
  /// Whether a histogram counts in exponential buckets too, for Prometheus' native histograms:
  /// 2.4 kB a series and writing thread instead of 8 bytes a bucket.
  bool native = true;
  Across across = Across::Sum;
  std::string_view help;  ///< One sentence or two.
  Stability stability = Stability::Stable;
  std::string_view since = {};  ///< The version that brought it.
};

/// The label that an enumeration stands for. To use an enumeration `E` as a label, specialise it:
///
///     template <> struct LabelDomain<Color> {
///       static constexpr std::string_view name = "color";
///       static constexpr std::string_view values[] = {"red", "green"};
///     };
///
/// Enumerators count from 0 in the order of `values`.
template <class E>
struct LabelDomain;

/// The description of the label that `E` stands for.
template <class E>
inline constexpr LabelDescription label_of{LabelDomain<E>::name, LabelDomain<E>::values, 0};

}  // namespace eventcore::observability
