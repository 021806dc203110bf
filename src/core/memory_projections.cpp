#include "memory_projections.hpp"

#include "eventcore/detail/projection_rules.hpp"

namespace eventcore::detail {

MemoryProjections::MemoryProjections(const Clock& clock)
    : clock_(clock), log_id_(mint_uuid_now(clock)) {}

ProjectionRecord* MemoryProjections::find(std::string_view projection) {
  const auto found = records_.find(projection);
  if (found == records_.end() || is_removed(found->second)) return nullptr;
  return &found->second;
}

template <class Change>
auto MemoryProjections::change(std::string_view projection, Change&& change) {
  using Answer = decltype(change(std::declval<ProjectionRecord&>()));
  const MutexLock lock(mutex_);
  ProjectionRecord* const found = find(projection);
  if (found == nullptr) return Answer(no_such_projection(projection));
  return change(*found);
}

Result<LeaseAnswer> MemoryProjections::acquire_lease(const LeaseRequest& request) {
  if (auto checked = check_projection_name(request.projection); !checked) return checked.error();
  const MutexLock lock(mutex_);
  const auto found = records_.find(request.projection);
  ProjectionRecord record = found == records_.end() ? ProjectionRecord{} : found->second;
  record.name = request.projection;
  auto answer = take_lease(record, request, clock_.wall());
  if (answer && answer->acquired) records_[request.projection] = std::move(record);
  return answer;
}

Result<Timestamp> MemoryProjections::renew_lease(std::string_view projection, std::uint64_t token,
                                                 std::chrono::nanoseconds duration) {
  return change(projection, [&](ProjectionRecord& record) {
    return extend_lease(record, token, duration, clock_.wall());
  });
}

Result<void> MemoryProjections::release_lease(std::string_view projection, std::uint64_t token) {
  return change(projection, [&](ProjectionRecord& record) {
    return give_back_lease(record, token, clock_.wall());
  });
}

ProjectionRecord MemoryProjections::counted(ProjectionRecord record) const {
  record.dead_letters = 0;
  record.replays = 0;
  for (auto at = letters_.lower_bound({record.name, {}});
       at != letters_.end() && at->first.first == record.name; ++at) {
    if (at->second.state != DeadLetterState::Discarded) ++record.dead_letters;
    if (at->second.state == DeadLetterState::Replaying) ++record.replays;
  }
  return record;
}

Result<std::optional<ProjectionRecord>> MemoryProjections::load(std::string_view projection) {
  const MutexLock lock(mutex_);
  const ProjectionRecord* const found = find(projection);
  if (found == nullptr) return std::optional<ProjectionRecord>();
  return std::optional<ProjectionRecord>(counted(*found));
}

Result<std::vector<ProjectionRecord>> MemoryProjections::list() {
  const MutexLock lock(mutex_);
  std::vector<ProjectionRecord> all;
  for (const auto& [name, record] : records_) {
    if (!is_removed(record)) all.push_back(counted(record));
  }
  return all;
}

void MemoryProjections::put_letter(DeadLetter letter) {
  const LetterKey key{letter.projection, letter.position};
  const auto former = letters_.find(key);
  letters_[key] =
      merged_letter(former == letters_.end() ? nullptr : &former->second, std::move(letter));
}

void MemoryProjections::forget_letters_after(const std::string& projection, Position position) {
  const auto first = letters_.upper_bound({projection, position});
  auto last = first;
  while (last != letters_.end() && last->first.first == projection) ++last;
  letters_.erase(first, last);
}

Result<void> MemoryProjections::save(const CheckpointSave& save) {
  const MutexLock lock(mutex_);
  ProjectionRecord* const found = find(save.projection);
  if (found == nullptr) return no_such_projection(save.projection);
  if (auto saved = apply_save(*found, save, clock_.wall()); !saved) return saved;
  if (save.rewinds) forget_letters_after(save.projection, save.position);
  for (const DeadLetter& letter : save.dead_letters) put_letter(letter);
  return {};
}

Result<void> MemoryProjections::pause(std::string_view projection) {
  return change(projection, [](ProjectionRecord& record) {
    apply_pause(record, true);
    return Result<void>();
  });
}

Result<void> MemoryProjections::resume(std::string_view projection) {
  return change(projection, [](ProjectionRecord& record) {
    apply_pause(record, false);
    return Result<void>();
  });
}

Result<void> MemoryProjections::reset(std::string_view projection, Position position) {
  return change(projection, [&](ProjectionRecord& record) {
    apply_reset(record, position);
    return Result<void>();
  });
}

Result<void> MemoryProjections::rebuild(std::string_view projection) {
  return change(projection, [&](ProjectionRecord& record) {
    apply_rebuild(record);
    return Result<void>();
  });
}

Result<void> MemoryProjections::skip(std::string_view projection, Position position) {
  return change(projection, [&](ProjectionRecord& record) { return apply_skip(record, position); });
}

Result<void> MemoryProjections::remove(std::string_view projection) {
  const MutexLock lock(mutex_);
  ProjectionRecord* const found = find(projection);
  if (found == nullptr) return no_such_projection(projection);
  if (auto removed = apply_remove(*found, clock_.wall()); !removed) return removed;
  forget_letters_after(std::string(projection), {});
  return {};
}

Result<std::vector<DeadLetter>> MemoryProjections::list_dead_letters(const DeadLetterQuery& query) {
  const MutexLock lock(mutex_);
  std::vector<DeadLetter> found;
  for (const auto& [key, letter] : letters_) {
    if (found.size() == query.limit) break;
    if (!query.projection.empty() && (key.first != query.projection || key.second <= query.after)) {
      continue;
    }
    if (query.state && letter.state != *query.state) continue;
    found.push_back(letter);
  }
  return found;
}

Result<std::optional<DeadLetter>> MemoryProjections::find_dead_letter(std::string_view projection,
                                                                      Position position) {
  const MutexLock lock(mutex_);
  const auto found = letters_.find({std::string(projection), position});
  if (found == letters_.end()) return std::optional<DeadLetter>();
  return std::optional<DeadLetter>(found->second);
}

Result<void> MemoryProjections::set_letter_state(std::string_view projection, Position position,
                                                 DeadLetterState state) {
  const MutexLock lock(mutex_);
  const auto found = letters_.find({std::string(projection), position});
  if (found == letters_.end()) return no_such_letter(projection, position);
  found->second.state = state;
  if (ProjectionRecord* const record = find(projection)) ++record->requests;
  return {};
}

Result<void> MemoryProjections::discard_dead_letter(std::string_view projection,
                                                    Position position) {
  return set_letter_state(projection, position, DeadLetterState::Discarded);
}

Result<void> MemoryProjections::replay_dead_letter(std::string_view projection, Position position) {
  return set_letter_state(projection, position, DeadLetterState::Replaying);
}

Result<void> MemoryProjections::settle_dead_letter(std::string_view projection, std::uint64_t token,
                                                   Position position,
                                                   const std::optional<DeadLetter>& failed) {
  const MutexLock lock(mutex_);
  const ProjectionRecord* const found = find(projection);
  if (found == nullptr) return no_such_projection(projection);
  if (auto checked = check_token(*found, token); !checked) return checked;
  if (failed) {
    put_letter(*failed);
  } else {
    letters_.erase({std::string(projection), position});
  }
  return {};
}

}  // namespace eventcore::detail
