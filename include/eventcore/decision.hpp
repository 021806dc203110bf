#pragma once

/// \file
/// `Decision`: what a command's `handle` returns: accept, reject or fail.
///
/// A rejection is a normal outcome with a fixed code, so it can be counted and branched on. `fail`
/// is for what should not happen; it becomes the error `HandlerFailed`.

#include <concepts>
#include <string>
#include <utility>
#include <variant>

#include "eventcore/fixed_name.hpp"

namespace eventcore {

/// The default rejection: a fixed code to branch on and a message for people.
struct Rejection {
  FixedName code = "rejected";
  std::string message;
};

/// A rejection type of one's own: any value with a `code` that is a `FixedName`. The command names
/// it, and `handle` returns a decision of it:
/// \code
/// struct NoRoom {
///   FixedName code = "no_room";
///   std::string night;
/// };
/// struct BookStay {
///   using Rejection = NoRoom;
///   BasicDecision<NoRoom> handle(…) const { …  return reject(NoRoom{.night = night}); }
/// };
/// \endcode
template <class R>
concept RejectionType = std::movable<R> && requires(const R& rejection) {
  { rejection.code } -> std::convertible_to<FixedName>;
};

namespace detail {
struct Accepted {};
struct Failed {
  std::string message;
};
template <class R>
struct Rejected {
  R rejection;
};
}  // namespace detail

/// The outcome of `handle` for commands whose rejection type is R.
template <RejectionType R>
class BasicDecision {
 public:
  BasicDecision(detail::Accepted) {}  // NOLINT: implicit on purpose, here and below
  BasicDecision(detail::Failed failed) : state_(std::move(failed)) {}
  template <class Other>
    requires std::constructible_from<R, Other&&>
  BasicDecision(detail::Rejected<Other> rejected) : state_(R(std::move(rejected.rejection))) {}

  [[nodiscard]] bool is_accepted() const noexcept { return state_.index() == 0; }
  /// The rejection, or null.
  [[nodiscard]] R* rejection() noexcept { return std::get_if<1>(&state_); }
  [[nodiscard]] const R* rejection() const noexcept { return std::get_if<1>(&state_); }
  /// Why the handler failed, or null.
  [[nodiscard]] const std::string* failure() const noexcept {
    const auto* failed = std::get_if<2>(&state_);
    return failed == nullptr ? nullptr : &failed->message;
  }

 private:
  std::variant<detail::Accepted, R, detail::Failed> state_;
};

/// The outcome of `handle` with the default rejection type.
using Decision = BasicDecision<Rejection>;

/// Store what was emitted; nothing emitted is an outcome too (`NoEvents`).
[[nodiscard]] inline detail::Accepted accept() { return {}; }
/// Refuse by the business rules. What was emitted is dropped.
[[nodiscard]] inline detail::Rejected<Rejection> reject(FixedName code, std::string message = {}) {
  return {Rejection{code, std::move(message)}};
}
/// Refuse with the command's own rejection type.
template <RejectionType R>
[[nodiscard]] detail::Rejected<R> reject(R rejection) {
  return {std::move(rejection)};
}
/// Give up: the execution ends with `HandlerFailed` and `message`.
[[nodiscard]] inline detail::Failed fail(std::string message) { return {std::move(message)}; }

}  // namespace eventcore
