// The writer's transactions: whose turn it is, how they begin and end, and the journal behind them.

#include "writer_thread.hpp"

namespace eventcore::sqlite {

bool WriterThread::take_turn() {
  const Instant give_up = std::chrono::steady_clock::now() + state_.options.busy_timeout;
  return state_.turn.acquire([&] {
    expire_waiting();
    fail_overdue();
    return std::chrono::steady_clock::now() < give_up;
  });
}

Error WriterThread::no_turn() {
  return make_error(ErrorCode::Unavailable, "another process keeps writing");
}

Result<void> WriterThread::make_ready(bool weaker) {
  if (lost_) return make_error(ErrorCode::Unavailable, "the store could not be recovered");
  if (!file_.is_connected()) {
    if (auto connected = file_.connect(); !connected) return connected;
  }
  if (weaker != file_.is_weaker() && file_.set_weaker(weaker) != SQLITE_OK) {
    // What is acknowledged has to be synced: a new connection begins with what was opened for.
    Error error = file_.error("can't set up");
    file_.disconnect();
    return error;
  }
  return {};
}

// Requires: the turn. It is let go when this fails.
Result<void> WriterThread::begin_transaction() {
  if (file_.begin() != SQLITE_OK) {
    Error error = file_.error("can't write to");
    state_.turn.release();
    return error;
  }
  if (auto read = file_.catch_up(); !read) {
    abandon_transaction();
    return read;
  }
  return {};
}

Result<void> WriterThread::begin_job(bool weaker) {
  if (auto prepared = make_ready(weaker); !prepared) return prepared;
  if (!take_turn()) return no_turn();
  return begin_transaction();
}

void WriterThread::abandon_transaction() {
  // A connection that can't roll back is dropped, which does; the next group gets a new one.
  if (!file_.roll_back()) file_.disconnect();
  state_.turn.release();
}

Result<void> WriterThread::run_job(Request& request) {
  const bool weaker = !request.synced && state_.options.durability == Durability::Full;
  if (auto begun = begin_job(weaker); !begun) return begun;
  group_.begin(file_.group_time());
  Result<void> done = request.job(file_);
  if (!done) {
    abandon_transaction();
    return done;
  }
  const int committed = file_.commit();
  if (committed != SQLITE_OK) {
    Error error = file_.error("the commit failed in");
    recover(error);
    error.code = ErrorCode::CommitInDoubt;
    return error;
  }
  unsynced_ = weaker;
  file_.publish();
  state_.turn.release();
  tidy_journal();
  return {};
}

void WriterThread::tidy_journal() {
  const int pages = file_.journal_pages();
  if (pages < kJournalPages) tidy_at_ = kJournalPages;
  if (pages < tidy_at_ || !file_.is_connected()) return;
  // Readers that keep the journal from starting over are waited for, briefly, when it has grown a
  // lot. An error leaves everything in the journal. Either way the next attempt has to be worth it.
  static_cast<void>(file_.checkpoint(pages >= kJournalPagesMax));
  tidy_at_ = pages + kJournalPages;
}

Result<void> WriterThread::finish_file() {
  Result<void> finished;
  if (unsynced_) finished = sync_file();
  serve_requests();
  file_.disconnect();
  return finished;
}

Result<void> WriterThread::sync_file() {
  if (auto begun = begin_job(false); !begun) return begun;
  if (file_.raise_fence() != SQLITE_OK || file_.commit() != SQLITE_OK) {
    Error error = file_.error("can't sync imported batches in");
    abandon_transaction();
    return error;
  }
  state_.turn.release();
  return {};
}

}  // namespace eventcore::sqlite
