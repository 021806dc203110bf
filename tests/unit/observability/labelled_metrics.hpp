#pragma once

// Metrics with labels of both kinds, for tests of registries and families.

#include <cstdint>
#include <string_view>

#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability {

enum class Color : std::uint8_t { Red, Green };
enum class Size : std::uint8_t { Small, Medium, Large };

template <>
struct LabelDomain<Color> {
  static constexpr std::string_view name = "color";
  static constexpr std::string_view values[] = {"red", "green"};
};
template <>
struct LabelDomain<Size> {
  static constexpr std::string_view name = "size";
  static constexpr std::string_view values[] = {"small", "medium", "large"};
};

inline constexpr LabelDescription kColorAndSize[] = {label_of<Color>, label_of<Size>};
inline constexpr MetricDescription kShirts{
    .name = "shop_shirts_total", .labels = kColorAndSize, .help = "Shirts."};
inline constexpr LabelDescription kRequestLabels[] = {{"method", {}, 2}, {"endpoint"}};
inline constexpr MetricDescription kRequests{
    .name = "shop_requests_total", .labels = kRequestLabels, .help = "Requests."};

}  // namespace eventcore::observability
