#include "held_traces.hpp"

#include <cstring>

namespace eventcore::detail {
namespace {

constexpr std::size_t kDecisionsKept = 4'096;
// What a trace takes beside its records, about.
constexpr std::size_t kTraceBytes = 256;

void append(std::vector<std::byte>& to, const std::byte* bytes, std::size_t size) {
  to.insert(to.end(), bytes, bytes + size);
}

}  // namespace

std::size_t HeldTraces::Hash::operator()(const TraceId& id) const noexcept {
  std::size_t value = 0;  // the low bytes are random
  std::memcpy(&value, id.data() + 8, sizeof value);
  return value;
}

void HeldTraces::Decisions::add(const TraceId& id, bool kept) {
  if (!by_id.emplace(id, kept).second) return;
  in_order.push_back(id);
  if (in_order.size() <= kDecisionsKept) return;
  by_id.erase(in_order.front());
  in_order.pop_front();
}

bool HeldTraces::matters(const SpanHead& head) const noexcept {
  return rule_.errors && head.status == SpanStatus::Error;
}

void HeldTraces::take(const std::byte* record, const SpanHead& head, Instant now,
                      std::vector<std::byte>& kept) {
  const TraceId& id = head.context.trace_id;
  if (const auto decided = decisions_.by_id.find(id); decided != decisions_.by_id.end()) {
    if (decided->second) {
      append(kept, record, head.bytes);
    } else {
      ++not_kept_;
    }
    return;
  }
  auto [found, is_new] = by_id_.try_emplace(id);
  if (is_new) {
    found->second = traces_.insert(traces_.end(), Trace{id, {}, 0, false, now});
    bytes_ += kTraceBytes;
  }
  Trace& trace = *found->second;
  append(trace.records, record, head.bytes);
  bytes_ += head.bytes;
  ++trace.spans;
  ++held_;
  const bool is_slow = head.end - head.start >= rule_.slower_than;
  if (head.is_local_root) {
    decide(found->second, trace.matters || matters(head) || is_slow, kept);
  } else {
    trace.matters = trace.matters || matters(head);
  }
  while (bytes_ > rule_.held_bytes_max && !traces_.empty()) decide_oldest(kept);
}

void HeldTraces::decide(std::list<Trace>::iterator trace, bool keep, std::vector<std::byte>& kept) {
  if (keep) {
    append(kept, trace->records.data(), trace->records.size());
  } else {
    not_kept_ += trace->spans;
  }
  held_ -= trace->spans;
  bytes_ -= trace->records.size() + kTraceBytes;
  decisions_.add(trace->id, keep);
  by_id_.erase(trace->id);
  traces_.erase(trace);
}

void HeldTraces::decide_oldest(std::vector<std::byte>& kept) {
  ++undecided_;
  decide(traces_.begin(), traces_.front().matters, kept);
}

void HeldTraces::expire(Instant now, std::vector<std::byte>& kept) {
  while (!traces_.empty() && now - traces_.front().since >= rule_.held_for_max) {
    decide_oldest(kept);
  }
}

void HeldTraces::decide_all(std::vector<std::byte>& kept) {
  while (!traces_.empty()) decide_oldest(kept);
}

void HeldTraces::clear() noexcept {
  traces_.clear();
  by_id_.clear();
  decisions_ = {};
  bytes_ = 0;
  held_ = not_kept_ = undecided_ = 0;
}

}  // namespace eventcore::detail
