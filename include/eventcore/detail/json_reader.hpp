#pragma once

/// \file
/// Reads JSON text piece by piece, in one pass and without a tree. Not for direct use.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/detail/json_failure.hpp"

namespace eventcore::detail {

/// A cursor in JSON text. The caller says what it expects; values that nobody asked for are
/// skipped but must be valid. Calls return false after a failure, which is in `failure()`; then
/// the reader is of no more use. Never looks at bytes behind the text.
/// Thread-safety: One thread at a time.
///
/// Between calls the cursor stands, white space skipped, (1) at a value, (2) at a key, or
/// (3) behind a value. `enter` leads to (2) in objects and (1) in arrays, `key` and `match_key`
/// from (2) to (1), value calls from (1) to (3), `next` from (3) to (2), (1) or out of the
/// container, which is (3) of its parent.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) noexcept;
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  /// Enters the object or array that begins here; `more` says whether it has content.
  [[nodiscard]] bool enter_object(bool& more) {
    if (at_ != end_ && *at_ == '{') [[likely]]
      return enter(more, '}');
    return wrong_type("object");
  }
  [[nodiscard]] bool enter_array(bool& more) {
    if (at_ != end_ && *at_ == '[') [[likely]]
      return enter(more, ']');
    return wrong_type("array");
  }

  /// Moves over the comma to the next key; `more` is false when the object ended instead.
  [[nodiscard]] bool next_member(bool& more) {
    if (left() > 1 && at_[0] == ',' && at_[1] == '"') [[likely]] {
      ++at_;
      more = true;
      return true;
    }
    return next(more, '}');
  }
  /// Moves over the comma to the next element; `more` is false when the array ended instead.
  [[nodiscard]] bool next_element(bool& more) { return next(more, ']'); }

  /// Whether the key here is the one quoted and followed by a colon in `quoted`; moves to its
  /// value if so. A key with escapes or white space behind it does not match: `key` reads it.
  [[nodiscard]] bool match_key(const char* quoted, std::size_t size) noexcept {
    if (left() <= size || std::memcmp(at_, quoted, size) != 0) return false;
    at_ += size;
    if (static_cast<unsigned char>(*at_) <= ' ') [[unlikely]]
      skip_space();
    return true;
  }
  /// Reads the key here and moves to its value. `name` lives until the next call.
  [[nodiscard]] bool key(std::string_view& name);

  [[nodiscard]] bool text(std::string& value);
  /// The same without a copy where possible. `value` lives until the next call.
  [[nodiscard]] bool text(std::string_view& value);
  [[nodiscard]] bool boolean(bool& value);
  [[nodiscard]] bool integer(std::int64_t& value);
  [[nodiscard]] bool integer(std::uint64_t& value);
  [[nodiscard]] bool number(double& value);
  [[nodiscard]] bool number(float& value);
  /// Reads null if it is here; false, without a failure, if not.
  [[nodiscard]] bool match_null() noexcept;
  [[nodiscard]] bool skip_value();

  /// Checks that nothing but white space follows.
  [[nodiscard]] bool finish();

  bool fail(std::string reason);
  /// Requires: a call returned false.
  [[nodiscard]] JsonFailure& failure() noexcept { return *failure_; }

 private:
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  void skip_space() noexcept;
  bool enter(bool& more, char close);
  bool next(bool& more, char close);

  bool uneven_text(const char* stop, std::string& out);
  bool escape(std::string& out);
  bool unicode_escape(std::string& out);
  bool code_unit(std::uint32_t& unit);

  struct Digits;
  bool integer_digits(Digits& digits);
  bool number_end(const char*& stop);
  template <class Float>
  bool floating(Float& value);
  bool literal(std::string_view word) noexcept;
  bool skip_container(char close);

  bool wrong_type(std::string_view expected);
  bool syntax(std::string_view what);

  const char* at_;
  const char* end_;
  const char* begin_;
  std::size_t depth_ = 0;
  std::string scratch_;  // A key or view that had escapes.
  std::unique_ptr<JsonFailure> failure_;
};

}  // namespace eventcore::detail
