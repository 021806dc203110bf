#pragma once

/// \file
/// `ScrapeRequest` and `MetricsPage`: what a scraper asks for and what it gets.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace eventcore::observability {

/// What a scraper asks for, from its HTTP request. Without headers it gets text 0.0.4.
/// Ownership: views, which have to live through the call.
struct ScrapeRequest {
  /// The header `Accept`. It chooses between Prometheus text 0.0.4, OpenMetrics 1.0 or 0.0.1, and
  /// delimited protobuf; what none of them fits gets text 0.0.4.
  std::string_view accept = {};
  /// The header `Accept-Encoding`. Pages above a kilobyte are compressed if it has `gzip`.
  std::string_view accept_encoding = {};
  /// The values of `name[]` in the query: families or samples to show, such as `x_seconds` or
  /// `x_seconds_bucket`; everything if empty.
  std::vector<std::string> names = {};
};

/// A page of metrics, ready to be sent.
struct MetricsPage {
  std::string_view content_type;      ///< Static storage.
  std::string_view content_encoding;  ///< `gzip`, or empty. Static storage.
  std::string body;
};

/// What has to be known of a page before its first byte is sent.
struct PageHead {
  std::string_view content_type;
  std::string_view content_encoding;  ///< Empty: no such header.
  std::size_t body_bytes = 0;
};

/// Where a page goes: `begin` is called once, then `write` for each piece.
struct PageSink {
  std::function<void(const PageHead& head)> begin;
  std::function<void(std::string_view piece)> write;
};

}  // namespace eventcore::observability
