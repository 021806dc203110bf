#pragma once

/// \file
/// `Headers`: an application's own typed fields beside an event, such as a user id or a tenant.
///
/// Ids for correlation, causation and tracing have their own places (see execute_options.hpp); what
/// decides something belongs into the event itself.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "eventcore/result.hpp"

namespace eventcore {

/// A header's value.
using HeaderValue = std::variant<bool, std::int64_t, double, std::string>;

/// Named values in the order of their names. Thread-safety: One thread at a time.
class Headers {
 public:
  using Entry = std::pair<std::string, HeaderValue>;

  /// Sets `name` to `value`, replacing a former value.
  Headers& set(std::string_view name, HeaderValue value);
  /// The value of `name`, or null.
  [[nodiscard]] const HeaderValue* find(std::string_view name) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// Appends the stored form: for each entry the length of the name (2 bytes, little endian), the
  /// name, the index of the value's type (1 byte), then 1 or 8 bytes, or a length (4 bytes) and
  /// text. Stored on disk. No headers are no bytes.
  /// Errors: LimitExceeded (`limits::kHeaderBytes`), InvalidArgument (an empty or long name).
  [[nodiscard]] Result<void> encode(std::string& out) const;
  /// The headers in `bytes`. Errors: DecodeFailed.
  [[nodiscard]] static Result<Headers> decode(std::string_view bytes);

  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace eventcore
