// What the writer does after a COMMIT that failed.

#include <unordered_map>

#include "writer_thread.hpp"

namespace eventcore::sqlite {
namespace {

constexpr std::chrono::milliseconds kBackoffFirst{1};
constexpr std::chrono::milliseconds kBackoffMax{100};

Error with_code(ErrorCode code, const Error& cause) { return make_error(code, cause.message); }

}  // namespace

void WriterThread::recover(const Error& cause) {
  const Position before = state_.head();
  available_.store(false, std::memory_order_release);
  if (state_.options.probe) state_.options.probe->store_availability(false);
  const Error in_doubt = with_code(ErrorCode::CommitInDoubt, cause);
  const Instant give_up = std::chrono::steady_clock::now() + state_.options.busy_timeout;
  static_cast<void>(file_.roll_back());
  file_.disconnect();
  state_.turn.release();

  std::chrono::milliseconds backoff = kBackoffFirst;
  while (!try_recover(before)) {
    group_.expire(state_.options.clock->now(), in_doubt, queue_);
    expire_waiting();
    refuse_requests(with_code(ErrorCode::Unavailable, cause));
    if (std::chrono::steady_clock::now() >= give_up) {
      // Whoever has no deadline gets the truth: it is not known.
      group_.fail(in_doubt);
      group_.finish(queue_);
      fail_waiting(with_code(ErrorCode::Unavailable, cause));
      if (closing_.load(std::memory_order_acquire)) {
        lost_ = true;
        return;
      }
    }
    queue_.sleep(std::chrono::steady_clock::now() + backoff);
    backoff = std::min(backoff * 2, kBackoffMax);
  }
  group_.finish(queue_);
  available_.store(true, std::memory_order_release);
  if (state_.options.probe) state_.options.probe->store_availability(true);
}

Result<void> WriterThread::try_recover(Position before) {
  file_.disconnect();
  if (auto connected = file_.connect(); !connected) return connected;
  if (!take_turn()) return no_turn();
  auto recovered = resolve_doubt(before);
  if (!recovered) static_cast<void>(file_.roll_back());
  state_.turn.release();
  return recovered;
}

Result<void> WriterThread::resolve_doubt(Position before) {
  auto end = file_.log_end();
  if (!end) return end.error();
  // Something is visible that may lie in the journal only as long as nobody crashes: copy it.
  if (*end != before && file_.checkpoint(true) != SQLITE_OK) return file_.error("can't recover");

  if (file_.begin() != SQLITE_OK || file_.raise_fence() != SQLITE_OK) {
    return file_.error("can't recover");
  }
  const auto still = file_.log_end();
  if (!still) return still.error();
  if (*still != *end) return make_error(ErrorCode::Unavailable, "the log grew meanwhile");
  if (file_.commit() != SQLITE_OK) return file_.error("can't recover");

  std::unordered_map<Uuid, FoundBatch> found;
  if (auto read = file_.each_batch_after(
          before, [&](const Uuid& id, FoundBatch batch) { found.emplace(id, std::move(batch)); });
      !read) {
    return read;
  }
  if (auto read = file_.catch_up_alone(); !read) return read;
  // What was found stored came without an announcement.
  state_.turn.announce(state_.head());
  const auto find = [&](const Uuid& id) -> const FoundBatch* {
    const auto place = found.find(id);
    return place == found.end() ? nullptr : &place->second;
  };
  const Error absent = make_error(ErrorCode::Unavailable, "the commit failed; nothing was written");
  if (!group_.was_stored(find)) {
    group_.fail(absent);
  } else {
    group_.resolve(find, absent);
  }
  return {};
}

}  // namespace eventcore::sqlite
