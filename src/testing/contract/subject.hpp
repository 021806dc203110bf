#pragma once

/// \file
/// `Subject`: the store that a clause looks at, and the short words that clauses are written in.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/event_store.hpp"
#include "eventcore/store_administration.hpp"
#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing::contract {

/// The value of a preparation that must succeed. Throws otherwise, which GoogleTest reports.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("preparation failed: " + describe(result.error()));
  return std::move(result).value();
}
inline void must(const Result<void>& result) {
  if (!result) throw std::runtime_error("preparation failed: " + describe(result.error()));
}

/// An opened store. Thread-safety: `*subject` as the store; the rest one thread at a time.
class Subject {
 public:
  explicit Subject(StoreFixture& fixture, StoreSettings settings = {});

  [[nodiscard]] EventStore& operator*() const { return *store_; }
  [[nodiscard]] EventStore* operator->() const { return store_.get(); }
  /// Closes the store, destroys it and opens it again.
  void reopen();

 private:
  StoreFixture& fixture_;
  StoreSettings settings_;
  std::unique_ptr<EventStore> store_;
};

[[nodiscard]] inline StreamId id(std::string_view text) { return StreamId::parse(text).value(); }
[[nodiscard]] inline ExpectedVersion at(std::uint64_t version) {
  return ExpectedVersion::exactly({version});
}
[[nodiscard]] inline ExpectedVersion any() { return ExpectedVersion::any(); }

/// Events of type `Noted` for one stream of a batch; none: the stream is only checked.
struct Part {
  std::string_view stream;
  ExpectedVersion expected;
  std::vector<std::string> payloads = {};
};
/// A batch with a fresh id and the command type `note`.
[[nodiscard]] WriteBatch batch_of(const std::vector<Part>& parts);
/// The same with an idempotency key.
[[nodiscard]] WriteBatch keyed_batch(std::string_view key, const std::vector<Part>& parts,
                                     std::string_view command_type = "note");
/// Appends one event to `stream` whatever its version.
WriteResult note(EventStore& store, std::string_view stream, std::string_view payload = "{}",
                 std::string_view type = "Noted");

/// A stored event that outlives its page.
struct Seen {
  Position position;
  StreamVersion version;
  Timestamp time;
  std::string stream;
  std::string type;
  std::string payload;
  std::string headers;
  std::uint32_t type_number = 0;
  std::uint32_t schema_version = 1;
  std::uint32_t ordinal = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};
void PrintTo(const Seen& event, std::ostream* out);

[[nodiscard]] std::vector<Seen> copy(const EventPage& page);
[[nodiscard]] std::vector<std::string> payloads(const EventPage& page);
[[nodiscard]] std::vector<std::uint64_t> positions(const EventPage& page);
[[nodiscard]] std::vector<std::string> payloads(const std::vector<Seen>& events);
/// Every event that `query` selects, page after page.
[[nodiscard]] std::vector<Seen> read_log(EventStore& store, LogQuery query = {});
/// Every event of one stream, oldest first.
[[nodiscard]] std::vector<Seen> read_all(EventStore& store, std::string_view stream);
[[nodiscard]] StreamVersion version_of(EventStore& store, std::string_view stream);
[[nodiscard]] StreamsQuery streams_query(const std::vector<std::string_view>& streams);

/// Collects what an operation completes with. Waiting longer than a minute is a failure.
template <class T>
class Completion {
 public:
  void set(Result<T> result) noexcept {
    const std::lock_guard lock(mutex_);
    ++count_;
    result_.emplace(std::move(result));
    changed_.notify_all();  // under the lock: the waiter may destroy this as soon as it is free
  }
  [[nodiscard]] const Result<T>& wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes{1}, [&] { return count_ > 0; })) {
      throw std::runtime_error("an operation was not completed within a minute");
    }
    return *result_;
  }
  [[nodiscard]] int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  std::optional<Result<T>> result_;
};

/// An append whose completion is waited for, at the latest when it is destroyed.
class PendingAppend final : public AppendOperation {
 public:
  explicit PendingAppend(WriteBatch to_append) { batch = std::move(to_append); }
  ~PendingAppend() override;

  PendingAppend& submit(EventStore& store);
  void completed(Result<WriteResult> result) noexcept override;
  [[nodiscard]] const Result<WriteResult>& result() { return completion_.wait(); }
  [[nodiscard]] int completions() { return completion_.count(); }

 private:
  bool submitted_ = false;
  Completion<WriteResult> completion_;
};

/// The same for a read.
class PendingRead final : public ReadOperation {
 public:
  explicit PendingRead(ReadQuery to_read) { query = std::move(to_read); }
  ~PendingRead() override;

  PendingRead& submit(EventStore& store);
  void completed(Result<EventPage> result) noexcept override { completion_.set(std::move(result)); }
  [[nodiscard]] const Result<EventPage>& result() { return completion_.wait(); }
  [[nodiscard]] int completions() { return completion_.count(); }

 private:
  bool submitted_ = false;
  Completion<EventPage> completion_;
};

}  // namespace eventcore::testing::contract
