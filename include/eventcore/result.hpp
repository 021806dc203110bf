#pragma once

/// \file
/// `Result<T>`: a value or an `Error`, with the member names of `std::expected`.
///
/// Propagate plainly: `if (!page) return page.error();`. Dropping a result is a compiler warning;
/// drop one deliberately with `ignore_error(result, "reason")`.

#include <type_traits>
#include <utility>
#include <variant>

#include "eventcore/assert.hpp"
#include "eventcore/error.hpp"

namespace eventcore {

/// A value of type T, or why there is none. Thread-safety: One thread at a time.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  /// A success. Implicit, so that functions return values plainly.
  template <class U = T>
    requires(std::is_constructible_v<T, U &&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  constexpr Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  /// A failure. Implicit, so that functions return errors plainly.
  constexpr Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return state_.index() == 0; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  /// The value. Requires: `has_value()`.
  constexpr T& value() & { return checked(), *std::get_if<0>(&state_); }
  constexpr const T& value() const& { return checked(), *std::get_if<0>(&state_); }
  constexpr T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T&& operator*() && { return std::move(*this).value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

  /// The error. Requires: `!has_value()`.
  constexpr const Error& error() const& { return failed(), *std::get_if<1>(&state_); }
  constexpr Error&& error() && { return failed(), std::move(*std::get_if<1>(&state_)); }

  /// The value, or `fallback` after an error.
  template <class U>
  constexpr T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  constexpr void checked() const {
    EVENTCORE_ASSERT(has_value(), std::get_if<1>(&state_)->message);
  }
  constexpr void failed() const { EVENTCORE_ASSERT(!has_value(), "the result holds a value"); }

  std::variant<T, Error> state_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  constexpr Result() = default;
  constexpr Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return !error_.has_value(); }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr void value() const { EVENTCORE_ASSERT(has_value(), error_->message); }

  /// The error. Requires: `!has_value()`.
  constexpr const Error& error() const& { return failed(), *error_; }
  constexpr Error&& error() && { return failed(), std::move(*error_); }

 private:
  constexpr void failed() const { EVENTCORE_ASSERT(!has_value(), "the result holds a value"); }

  std::optional<Error> error_;
};

/// Drops the error of `result` on purpose; `reason` says why that is right.
template <class T>
constexpr void ignore_error(const Result<T>& result, [[maybe_unused]] const char* reason) {
  static_cast<void>(result);
}

}  // namespace eventcore
