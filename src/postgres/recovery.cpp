// What the writer does after an append that got no answer.

#include <algorithm>

#include "writer_thread.hpp"

namespace eventcore::postgres {
namespace {

Error with_code(ErrorCode code, const Error& cause) { return make_error(code, cause.message); }

}  // namespace

void WriterThread::tell_available(bool available) const noexcept {
  if (state_.options.probe) state_.options.probe->store_availability(available);
}

void WriterThread::recover(const Error& cause) {
  tell_available(false);
  const Error in_doubt = with_code(ErrorCode::CommitInDoubt, cause);
  const Instant give_up = answer_by();
  std::chrono::milliseconds backoff = kBackoffFirst;
  while (!try_recover()) {
    const Instant now = state_.options.clock->now();
    group().expire(now, in_doubt, &queue_);
    waiting_.add(queue_.take());
    waiting_.expire(queue_, now);
    fail_overdue(with_code(ErrorCode::Unavailable, cause));
    if (std::chrono::steady_clock::now() >= give_up) {
      // Whoever has no deadline gets the truth: it is not known. The next group begins with a new
      // connection and a new fence.
      group().fail(in_doubt);
      return;
    }
    queue_.sleep(std::chrono::steady_clock::now() + backoff);
    backoff = std::min(backoff * 2, kBackoffMax);
  }
  tell_available(true);
}

Result<void> WriterThread::try_recover() {
  auto opened = Connection::open(state_.options);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  std::unordered_map<Uuid, FoundBatch> stored;
  auto raised = raise_fence(group().ids(), stored);
  if (!raised) {
    connection_.close();
    return raised;
  }
  group().resolve(
      stored, make_error(ErrorCode::Unavailable, "the append got no answer; nothing was written"));
  Position head = state_.head();
  for (const auto& [id, batch] : stored) head = std::max(head, batch.result().last);
  state_.signal.publish(head);
  if (!stored.empty()) announce_(head);
  return {};
}

// Ends what this writer sent before, and finds out which of `ids` are stored.
Result<void> WriterThread::raise_fence(const Array& ids,
                                       std::unordered_map<Uuid, FoundBatch>& stored) {
  Parameters parameters;
  parameters.add(writer_).add(fence_ + 1).add(lock_wait_ms());
  // Batches of this group lie behind the head that was known when it was sent. Another server, one
  // that was promoted, may have a shorter log.
  parameters.add(group().head().value).add(ids);
  auto rows = connection_.run(sql_.give_up.c_str(), parameters, answer_by());
  if (!rows) return rows.error();
  if (connection_.was_warned()) {
    return make_error(ErrorCode::Unavailable, "PostgreSQL: a warning came with the commit");
  }
  ++fence_;
  heads_.forget(state_.head());
  for (int row = 0; row < rows->size(); ++row) {
    stored.emplace(rows->uuid(row, 0), FoundBatch{.first = {rows->count(row, 1)},
                                                  .time = rows->time(row, 2),
                                                  .events = rows->count(row, 3)});
  }
  return {};
}

}  // namespace eventcore::postgres
