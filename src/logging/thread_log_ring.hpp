#pragma once

// Where the calling thread finds its ring.

#include "log_ring.hpp"

namespace eventcore::detail {

/// Null before its first record. The model is the one with the cheapest access.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local LogRing* thread_log_ring = nullptr;

/// Of a thread that may have none: the drain, and threads whose own objects are being destroyed.
inline LogRing* no_ring() noexcept {
  return reinterpret_cast<LogRing*>(alignof(LogRing));  // only compared
}

}  // namespace eventcore::detail
