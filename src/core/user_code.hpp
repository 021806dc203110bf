#pragma once

/// \file
/// `guarded`: the one boundary at which exceptions of user code end.

#include <exception>
#include <string>
#include <string_view>

#include "eventcore/result.hpp"

namespace eventcore::detail {

/// Calls user code; an exception becomes `HandlerFailed`.
template <class Call>
Result<void> guarded(std::string_view what, std::string_view command_type, Call&& call) {
  const auto failed = [&](std::string_view why) {
    return make_error(ErrorCode::HandlerFailed, std::string(command_type) + ": " +
                                                    std::string(what) + " threw: " +
                                                    std::string(why));
  };
  try {
    return call();
  } catch (const std::exception& exception) {
    return failed(exception.what());
  } catch (...) {
    return failed("something that is no std::exception");
  }
}

}  // namespace eventcore::detail
