#include "eventcore/detail/projection_rules.hpp"

#include <algorithm>

#include "eventcore/limits.hpp"

namespace eventcore {
namespace detail {
namespace {

// No lease ends then: it marks what a removal left. Stored on disk; never change.
constexpr Timestamp kRemoved = Timestamp::min();

Error lease_lost(const ProjectionRecord& record, std::uint64_t token) {
  std::string message =
      "projection '" + record.name + "' is led with token " + std::to_string(record.lease.token);
  if (!record.lease.holder.empty()) message += " by " + record.lease.holder;
  return make_error(ErrorCode::LeaseLost, message + ", not with " + std::to_string(token));
}

}  // namespace

Result<LeaseAnswer> take_lease(ProjectionRecord& record, const LeaseRequest& request,
                               Timestamp now) {
  if (request.holder.empty() || request.holder.size() > limits::kKeyBytes) {
    return make_error(ErrorCode::InvalidArgument, "the holder of a lease has 1 to " +
                                                      std::to_string(limits::kKeyBytes) + " bytes");
  }
  if (request.duration <= std::chrono::nanoseconds{0}) {
    return make_error(ErrorCode::InvalidArgument, "a lease lasts longer than nothing");
  }
  if (!record.lease.is_free(now) && record.lease.holder != request.holder) {
    return LeaseAnswer{.acquired = false, .lease = record.lease};
  }
  record.lease = {
      .token = record.lease.token + 1, .holder = request.holder, .expires = now + request.duration};
  return LeaseAnswer{.acquired = true, .lease = record.lease};
}

Result<void> check_token(const ProjectionRecord& record, std::uint64_t token) {
  if (token == 0 || token != record.lease.token) return lease_lost(record, token);
  return {};
}

Result<Timestamp> extend_lease(ProjectionRecord& record, std::uint64_t token,
                               std::chrono::nanoseconds duration, Timestamp now) {
  if (auto checked = check_token(record, token); !checked) return checked.error();
  if (record.lease.holder.empty()) return lease_lost(record, token);
  record.lease.expires = now + duration;
  return record.lease.expires;
}

Result<void> give_back_lease(ProjectionRecord& record, std::uint64_t token, Timestamp now) {
  if (auto checked = check_token(record, token); !checked) return checked;
  record.lease.holder.clear();
  record.lease.expires = now;
  return {};
}

Result<void> apply_save(ProjectionRecord& record, const CheckpointSave& save, Timestamp now) {
  if (auto checked = check_token(record, save.token); !checked) return checked;
  if (save.position < record.position && !save.rewinds) {
    return make_error(ErrorCode::InvalidArgument,
                      "the checkpoint of projection '" + record.name + "' would go back from " +
                          std::to_string(record.position.value),
                      {}, save.position);
  }
  const std::uint64_t resets_done =
      std::max(record.resets_done, std::min(save.resets_done, record.resets));
  // The leader went on between the request for a rebuild and its beginning.
  if (resets_done > record.resets_done && record.quiet_until.value != 0) {
    record.quiet_until = std::max(record.quiet_until, record.position);
  }
  record.position = save.position;
  record.saved_at = now;
  record.resets_done = resets_done;
  // A skip behind a reset is not reached before the reset is done.
  if (record.skip <= record.position && !record.has_pending_reset()) record.skip = {};
  return {};
}

void apply_pause(ProjectionRecord& record, bool paused) noexcept {
  record.paused = paused;
  ++record.requests;
}

void apply_reset(ProjectionRecord& record, Position position) noexcept {
  ++record.resets;
  ++record.requests;
  record.reset_to = position;
  record.skip = {};
  record.quiet_until = {};
}

void apply_rebuild(ProjectionRecord& record) noexcept {
  // A rebuild that is begun again, before it came to its end or even began.
  const Position quiet = std::max(record.position, record.quiet_until);
  apply_reset(record, {});
  record.quiet_until = quiet;
}

Result<void> apply_remove(ProjectionRecord& record, Timestamp now) {
  if (!record.lease.is_free(now)) {
    return make_error(ErrorCode::LeaseLost, "projection '" + record.name + "' is led by " +
                                                record.lease.holder + "; stop it first");
  }
  ProjectionRecord left;
  left.name = record.name;
  left.lease = {.token = record.lease.token, .holder = {}, .expires = kRemoved};
  record = left;
  return {};
}

bool is_removed(const ProjectionRecord& record) noexcept {
  return record.lease.holder.empty() && record.lease.expires == kRemoved;
}

Result<void> apply_skip(ProjectionRecord& record, Position position) {
  const Position reached = record.has_pending_reset() ? record.reset_to : record.position;
  if (position <= reached) {
    return make_error(ErrorCode::InvalidArgument,
                      "projection '" + record.name + "' is past this event already", {}, position);
  }
  record.skip = position;
  ++record.requests;
  return {};
}

DeadLetter merged_letter(const DeadLetter* former, DeadLetter letter) {
  if (former != nullptr) letter.first_failure = former->first_failure;
  return letter;
}

Error no_such_projection(std::string_view name) {
  return make_error(ErrorCode::InvalidArgument,
                    "there is no projection '" + std::string(name) + "'");
}

Error no_such_letter(std::string_view name, Position position) {
  return make_error(ErrorCode::InvalidArgument,
                    "projection '" + std::string(name) + "' has no dead letter of this event", {},
                    position);
}

}  // namespace detail

std::string_view to_string(DeadLetterReason reason) noexcept {
  switch (reason) {
    case DeadLetterReason::Apply:
      return "apply";
    case DeadLetterReason::Decode:
      return "decode";
    case DeadLetterReason::UnknownType:
      return "unknown_type";
    case DeadLetterReason::OutOfOrder:
      break;
  }
  return "out_of_order";
}

std::string_view to_string(DeadLetterState state) noexcept {
  switch (state) {
    case DeadLetterState::Parked:
      return "parked";
    case DeadLetterState::Replaying:
      return "replaying";
    case DeadLetterState::Discarded:
      break;
  }
  return "discarded";
}

Result<void> check_projection_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '@';
  };
  if (!name.empty() && name.size() <= limits::kProjectionNameBytes && is_letter(name.front()) &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return {};
  }
  return make_error(ErrorCode::InvalidArgument,
                    "the name of a projection begins with a letter and has 1 to " +
                        std::to_string(limits::kProjectionNameBytes) +
                        " characters of a-z 0-9 _ - . @");
}

}  // namespace eventcore
