#pragma once

// What a scraper's `Accept` and `Accept-Encoding` headers ask for.

#include <cstdint>
#include <string_view>

namespace eventcore::observability::detail {

enum class PageFormat : std::uint8_t { PrometheusText, OpenMetrics, OpenMetrics001, Protobuf };

[[nodiscard]] std::string_view content_type(PageFormat format) noexcept;

/// The format with the highest `q` in `accept`, of equals the first; text 0.0.4 if there is none.
/// Versions have to fit; a media type without one means the newest.
[[nodiscard]] PageFormat negotiate_format(std::string_view accept);

/// Whether `accept_encoding` has gzip, or `*`, with a `q` above 0.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace eventcore::observability::detail
