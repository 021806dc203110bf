#include "build_text.hpp"

#ifndef EVENTCORE_VERSION
#error "the build defines EVENTCORE_VERSION and EVENTCORE_COMMIT for this file"
#endif

namespace eventcore::observability::detail {

std::string_view build_version() noexcept { return EVENTCORE_VERSION; }

std::string_view build_commit() noexcept { return EVENTCORE_COMMIT; }

std::string_view build_compiler() noexcept {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace eventcore::observability::detail
