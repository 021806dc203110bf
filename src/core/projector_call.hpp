#pragma once

/// \file
/// `call_projector`: the boundary at which exceptions of projectors end. They may run commands, so
/// this is not `guarded` of user_code.hpp.

#include <exception>
#include <string>
#include <string_view>

#include "eventcore/result.hpp"

namespace eventcore::detail {

/// Calls a projector; an exception becomes `HandlerFailed`.
template <class Call>
Result<void> call_projector(std::string_view projection, Call&& call) {
  const auto failed = [&](const char* why) {
    return make_error(ErrorCode::HandlerFailed,
                      "projector '" + std::string(projection) + "' threw: " + why);
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
