#pragma once

/// \file
/// Writes JSON text piece by piece. Not for direct use.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/detail/json_failure.hpp"

namespace eventcore::detail {

/// Collects text in a buffer of its own and appends it to `out` when that is full: a string that
/// grows by small pieces costs several times more. Calls that can fail return false and leave the
/// reason in `failure()`. Thread-safety: One thread at a time.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out), before_(out.size()), at_(buffer_) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  /// Appends JSON as it is. Requires: at most 512 characters.
  void raw(const char* text, std::size_t size) {
    char* const at = room(size);
    std::memcpy(at, text, size);
    at_ = at + size;
  }
  void raw(char c) {
    char* const at = room(1);
    *at = c;
    at_ = at + 1;
  }

  /// Opens an object or array with `bracket`.
  [[nodiscard]] bool enter(char bracket) {
    if (++depth_ > kJsonDepthMax) return too_deep();
    raw(bracket);
    return true;
  }
  void leave(char bracket) {
    --depth_;
    raw(bracket);
  }

  [[nodiscard]] bool text(std::string_view value);
  void boolean(bool value);
  void integer(std::int64_t value);
  void integer(std::uint64_t value);
  [[nodiscard]] bool number(double value);
  [[nodiscard]] bool number(float value);

  /// Appends what is left to the string.
  void finish() {
    out_.append(buffer_, static_cast<std::size_t>(at_ - buffer_));
    at_ = buffer_;
  }
  /// Takes back what was appended to the string.
  void discard() {
    out_.resize(before_);
    at_ = buffer_;
  }

  bool fail(ErrorCode code, std::string reason);
  /// Requires: a call returned false.
  [[nodiscard]] JsonFailure& failure() noexcept { return *failure_; }

 private:
  static constexpr std::size_t kBufferBytes = 1024;
  static constexpr std::size_t kRoomMax = 512;

  /// Space for `size` characters. Requires: at most 512.
  char* room(std::size_t size) {
    if (static_cast<std::size_t>(buffer_ + kBufferBytes - at_) < size) [[unlikely]]
      finish();
    return at_;
  }
  bool too_deep();
  bool uneven_text(std::string_view value);
  void escape(char c);

  std::string& out_;
  std::size_t before_;
  std::size_t depth_ = 0;
  std::unique_ptr<JsonFailure> failure_;
  char* at_;
  char buffer_[kBufferBytes];  // Not initialised: most events use a small part of it.
};

}  // namespace eventcore::detail
