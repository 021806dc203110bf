#pragma once

/// \file
/// A line of `eventcore append`: one event as a JSON object.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "eventcore/result.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore::cli {

/// One event to append. See docs/reference/cli.md for the fields.
struct AppendLine {
  StreamId stream;
  std::string type;
  std::string payload;
  std::uint32_t schema_version = 1;
  std::optional<StreamVersion> expected;  ///< Events in the stream before.
  std::string headers;                    ///< Encoded.
  std::string correlation_id;
  std::string causation_id;
  TraceContext trace;
};

/// The event written as `text`. Errors: InvalidArgument, LimitExceeded (which field, and why).
[[nodiscard]] Result<AppendLine> parse_append_line(std::string_view text);

/// Gathers lines to one batch. Thread-safety: One thread at a time.
class BatchBuilder {
 public:
  /// Adds `line` to the batch. Errors: InvalidArgument (the line contradicts an earlier one),
  /// LimitExceeded.
  [[nodiscard]] Result<void> add(const AppendLine& line);
  [[nodiscard]] bool empty() const noexcept { return batch_.event_count() == 0; }
  /// The batch, with a fresh id. Requires: not `empty()`.
  [[nodiscard]] WriteBatch take();

 private:
  [[nodiscard]] Result<std::uint32_t> stream_of(const AppendLine& line);

  WriteBatch batch_;
  std::unordered_map<std::string, std::uint32_t> streams_;
};

}  // namespace eventcore::cli
