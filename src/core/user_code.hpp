#pragma once

/// \file
/// `guarded`: the one boundary at which exceptions of user code end, and which says that this
/// thread is inside it.

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "eventcore/result.hpp"

namespace eventcore::detail {

/// This thread runs `reads`, `discover`, `handle` or `apply` of a command.
inline bool& in_user_code() noexcept {
  thread_local bool inside = false;
  return inside;
}

/// Calls `call`; an exception becomes `failed(what it says)`.
template <class Call, class Failed>
Result<void> without_exceptions(Call&& call, Failed&& failed) {
  try {
    return call();
  } catch (const std::exception& exception) {
    return failed(exception.what());
  } catch (...) {
    return failed("something that is no std::exception");
  }
}

/// Calls user code; an exception becomes `HandlerFailed`.
template <class Call>
Result<void> guarded(std::string_view what, std::string_view command_type, Call&& call) {
  const auto failed = [&](std::string_view why) {
    return make_error(
        ErrorCode::HandlerFailed,
        std::string(command_type) + ": " + std::string(what) + " threw: " + std::string(why));
  };
  struct Scope {
    const bool former = std::exchange(in_user_code(), true);
    ~Scope() { in_user_code() = former; }
  };
  const auto inside = [&] {
    const Scope scope;
    return call();
  };
  return without_exceptions(inside, failed);
}

}  // namespace eventcore::detail
