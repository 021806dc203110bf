#include "verify_store.hpp"

#include "progress_line.hpp"

namespace eventcore::cli {

Result<VerifyReport> verify_store(EventStore& store, Console& console, std::uint64_t& checked) {
  ProgressLine line(console, "verifying", "events");
  return store.administration().verify([&](std::uint64_t done, std::uint64_t total) {
    checked = done;
    line.update(done, total);
    return !console.stopped();
  });
}

}  // namespace eventcore::cli
