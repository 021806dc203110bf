// The process that the outbox test kills: delivers what is in a store to a file.
//
//     crash_outbox STORE FILE COUNT
//
// It dies in its COUNTth delivery, after the receiver has the message.

#include <csignal>
#include <cstdlib>
#include <memory>

#include "eventcore/sqlite_store.hpp"
#include "outbox_log.hpp"

int main(int count, char** arguments) {
  using namespace eventcore;
  if (count != 4) return 2;
  auto store = open_sqlite_store({.path = arguments[1], .reader_threads = 1});
  if (!store) return 1;
  const auto outbox = std::make_shared<crash::OutboxLog>(arguments[2]);
  outbox->delivered = [left = std::atoi(arguments[3])]() mutable {
    if (--left == 0) raise(SIGKILL);
  };
  auto runner = ProjectionRunner::open(**store, outbox, crash::outbox_options());
  return runner && (*runner)->drain() ? 0 : 1;
}
