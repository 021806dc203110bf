#pragma once

/// \file
/// `call_projector`: the boundary at which exceptions of projectors end. They may run commands, so
/// this is not `guarded` of user_code.hpp.

#include <string>
#include <string_view>

#include "eventcore/result.hpp"
#include "user_code.hpp"

namespace eventcore::detail {

/// Calls a projector; an exception becomes `HandlerFailed`.
template <class Call>
Result<void> call_projector(std::string_view projection, Call&& call) {
  const auto failed = [&](const char* why) {
    return make_error(ErrorCode::HandlerFailed,
                      "projector '" + std::string(projection) + "' threw: " + why);
  };
  return without_exceptions(call, failed);
}

}  // namespace eventcore::detail
