#pragma once

/// \file
/// JSON as text: payloads pass through the tool byte for byte, so that no number loses a digit.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/result.hpp"

namespace eventcore::cli {

/// Whether `text` is one JSON value in valid UTF-8, and nothing else: no NUL, no byte order mark.
[[nodiscard]] bool is_json(std::string_view text);

/// JSON without white space between its parts. Requires: `is_json(text)`.
[[nodiscard]] std::string minified(std::string_view text);

/// `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string quoted(std::string_view text);

/// One member of an object: its name, and its value as it is written.
struct JsonMember {
  std::string name;
  std::string_view value;  ///< Views the object's text.
};

/// The members of the object `text`. Errors: InvalidArgument (not JSON: what and in which column;
/// not an object; a name twice).
[[nodiscard]] Result<std::vector<JsonMember>> members_of(std::string_view text);

/// Builds one object in one line. Thread-safety: One thread at a time.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::uint64_t value);
  JsonObject& boolean(std::string_view name, bool value);
  /// Adds `value`, which is JSON already.
  JsonObject& json(std::string_view name, std::string_view value);
  /// Adds a list of values that are JSON already.
  JsonObject& list(std::string_view name, const std::vector<std::string>& values);

  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
  [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace eventcore::cli
