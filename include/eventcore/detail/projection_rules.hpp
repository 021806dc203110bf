#pragma once

/// \file
/// What the members of `ProjectionStorage` do to one record, whatever keeps it. A store reads the
/// record, applies a rule, and writes the record, in one transaction and with its own clock.

#include "eventcore/projection_storage.hpp"

namespace eventcore::detail {

/// Changes `record` if the lease can be had. Errors: InvalidArgument.
[[nodiscard]] Result<LeaseAnswer> take_lease(ProjectionRecord& record, const LeaseRequest& request,
                                             Timestamp now);
/// Errors: LeaseLost if `token` is not the newest.
[[nodiscard]] Result<void> check_token(const ProjectionRecord& record, std::uint64_t token);
[[nodiscard]] Result<Timestamp> extend_lease(ProjectionRecord& record, std::uint64_t token,
                                             std::chrono::nanoseconds duration, Timestamp now);
[[nodiscard]] Result<void> give_back_lease(ProjectionRecord& record, std::uint64_t token,
                                           Timestamp now);
/// The part of `ProjectionStorage::save` without its dead letters.
[[nodiscard]] Result<void> apply_save(ProjectionRecord& record, const CheckpointSave& save,
                                      Timestamp now);
void apply_pause(ProjectionRecord& record, bool paused) noexcept;
void apply_reset(ProjectionRecord& record, Position position) noexcept;
void apply_rebuild(ProjectionRecord& record) noexcept;
/// What is left of a removed projection. Errors: LeaseLost.
[[nodiscard]] Result<void> apply_remove(ProjectionRecord& record, Timestamp now);
/// Whether the record is what a removal left: for everybody but who takes its lease there is none.
[[nodiscard]] bool is_removed(const ProjectionRecord& record) noexcept;
[[nodiscard]] Result<void> apply_skip(ProjectionRecord& record, Position position);

/// The letter to store in the place of `former`, if there is one.
[[nodiscard]] DeadLetter merged_letter(const DeadLetter* former, DeadLetter letter);

[[nodiscard]] Error no_such_projection(std::string_view name);
[[nodiscard]] Error no_such_letter(std::string_view name, Position position);

}  // namespace eventcore::detail
