#pragma once

/// \file
/// `FoldedStreams`: the state of streams for questions, with the same folds that commands use.
///
/// A stream only grows, so what was folded before is kept and only newer events are read. A command
/// must never decide on this: what it reads, it names in its `reads()`.

#include <mutex>
#include <unordered_map>
#include <utility>

#include <eventcore/event_store.hpp>
#include <eventcore/fold_stream.hpp>

namespace shop {

/// Folds of kind F. Thread-safety: Thread-safe. Ownership: the store must outlive it.
template <eventcore::Fold F>
class FoldedStreams {
 public:
  using Entry = eventcore::Folded<F>;

  explicit FoldedStreams(eventcore::EventStore& store) : store_(store) {}

  /// The present state of `stream`; version 0 if it has no events. Blocking: for reads.
  /// Errors: those of a read, DecodeFailed, UnknownEventType.
  [[nodiscard]] eventcore::Result<Entry> read(const eventcore::StreamId& stream,
                                              eventcore::Deadline deadline) {
    auto entry = eventcore::fold_stream<F>(store_, stream, known(stream), deadline);
    if (entry) keep(stream, *entry);
    return entry;
  }

 private:
  static constexpr std::size_t kEntriesMax = 10'000;

  Entry known(const eventcore::StreamId& stream) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(stream);
    return found == entries_.end() ? Entry{} : found->second;
  }

  void keep(const eventcore::StreamId& stream, const Entry& entry) {
    const std::lock_guard lock(mutex_);
    // Starting afresh now and then is simpler than finding the oldest entry, and as good here.
    if (entries_.size() >= kEntriesMax) entries_.clear();
    Entry& kept = entries_[stream];
    if (kept.version < entry.version) kept = entry;
  }

  eventcore::EventStore& store_;
  std::mutex mutex_;
  std::unordered_map<eventcore::StreamId, Entry> entries_;  // guarded by mutex_
};

}  // namespace shop
