// The process that the projection tests kill and stop: follows a store into a read model.
//
//     crash_projector STORE MODEL LEASE_MS [apply|commit COUNT]
//
// It says on standard output, a byte each: `A` leads, `.` applied a batch, `L` lost its lease. With
// `apply` it dies in its COUNTth batch before the commit, with `commit` between the commit and the
// store's checkpoint.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "eventcore/sqlite_store.hpp"
#include "projection_tally.hpp"

namespace {

using namespace eventcore;
using namespace eventcore::crash;

void say(char byte) {
  if (write(STDOUT_FILENO, &byte, 1) != 1) std::_Exit(1);
}

class Teller final : public ProjectionProbe {
 public:
  void batch_applied(const ProjectionBatchRecord&) noexcept override { say('.'); }
  void lease_acquired(std::string_view, std::uint64_t) noexcept override { say('A'); }
  void lease_lost(std::string_view, std::uint64_t) noexcept override { say('L'); }
};

int run(const std::string& store_path, const std::string& model_path, int lease_ms,
        const std::string& moment, int count) {
  auto store = open_sqlite_store({.path = store_path, .reader_threads = 1});
  if (!store) return 1;
  const auto tally = ProjectionTally::open(model_path);
  if (tally == nullptr) return 1;
  int left = count;
  const auto die = [&left] {
    if (--left == 0) raise(SIGKILL);
  };
  if (moment == "apply") tally->in_apply = die;
  if (moment == "commit") tally->after_commit = die;
  ProjectionRunnerOptions options = brisk_options();
  options.lease = std::chrono::milliseconds{lease_ms};
  options.probe = std::make_shared<Teller>();
  auto runner = ProjectionRunner::open(**store, tally, options);
  if (!runner) return 1;
  (*runner)->start();
  char end = 0;
  while (read(STDIN_FILENO, &end, 1) > 0) {
  }
  return (*runner)->stop() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 6) return 2;
  const std::string moment = count == 6 ? arguments[4] : "";
  return run(arguments[1], arguments[2], std::atoi(arguments[3]), moment,
             count == 6 ? std::atoi(arguments[5]) : 0);
}
