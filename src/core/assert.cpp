#include "eventcore/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace eventcore::detail {

void assertion_failed(const char* condition, const char* file, int line,
                      std::string_view message) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s: %.*s\n", file, line, condition,
               static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace eventcore::detail
