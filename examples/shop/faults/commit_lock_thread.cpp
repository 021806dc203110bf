#include "faults/commit_lock_thread.hpp"

#include <chrono>
#include <utility>

#include "read_models/postgres_statement.hpp"

namespace shop {

CommitLockThread::CommitLockThread(std::string conninfo, const std::string& schema)
    : conninfo_(std::move(conninfo)),
      take_("BEGIN; SELECT " + quoted_name(schema.empty() ? "eventcore" : schema) +
            ".lock_log(60000); SELECT pg_sleep(0.6); COMMIT"),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

CommitLockThread::~CommitLockThread() {
  thread_.request_stop();
  slow_down(true);
}

void CommitLockThread::slow_down(bool slow) {
  slow_ = slow;
  slow_.notify_all();
}

void CommitLockThread::run(const std::stop_token& stop) {
  for (;;) {
    slow_.wait(false);
    if (stop.stop_requested()) return;
    const PostgresConnection connection(PQconnectdb(conninfo_.c_str()));
    while (slow_ && !stop.stop_requested()) {
      const PostgresResult taken(PQexec(connection.get(), take_.c_str()));
      if (PQresultStatus(taken.get()) == PGRES_COMMAND_OK) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      break;
    }
  }
}

}  // namespace shop
