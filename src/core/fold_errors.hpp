#pragma once

// Errors of folds, which name the event.

#include <string>
#include <utility>

#include "eventcore/fold.hpp"

namespace eventcore::detail {

inline Error unknown_to_fold(const FoldType& fold, const StoredEvent& event) {
  return make_error(
      ErrorCode::UnknownEventType,
      "the fold '" + std::string(fold.name) + "' does not know '" + std::string(event.type) + "'",
      event.stream, event.position);
}

/// `error` with the place of `event`.
inline Error at_event(Error error, const StoredEvent& event) {
  error.stream = event.stream;
  error.position = event.position;
  return error;
}

}  // namespace eventcore::detail
