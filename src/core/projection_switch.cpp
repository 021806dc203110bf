#include "eventcore/projection_switch.hpp"

#include "eventcore/clock.hpp"
#include "eventcore/detail/projection_rules.hpp"

namespace eventcore {
namespace {

Result<ProjectionRecord> record_of(ProjectionStorage& storage, std::string_view name) {
  auto found = storage.load(name);
  if (!found) return found.error();
  if (!*found) return detail::no_such_projection(name);
  return **std::move(found);
}

Result<void> check_complete(ProjectionStorage& storage, const ProjectionRecord& live,
                            std::string_view name) {
  const auto next = record_of(storage, name);
  if (!next) return next.error();
  if (live.dead_letters != 0) {
    return make_error(ErrorCode::VersionConflict,
                      "projection '" + live.name +
                          "' has dead letters that nobody has replayed or "
                          "discarded: " +
                          std::to_string(live.dead_letters));
  }
  if (next->position >= live.position && !next->has_pending_reset()) return {};
  return make_error(ErrorCode::VersionConflict,
                    "projection '" + next->name + "' is not as far as '" + live.name +
                        "', which is at " + std::to_string(live.position.value),
                    {}, next->position);
}

}  // namespace

Result<void> switch_projections(ProjectionStorage& storage, std::string_view live,
                                std::string_view next) {
  const auto before = record_of(storage, live);
  if (!before) return before.error();
  if (auto complete = check_complete(storage, *before, next); !complete) return complete;
  // Who takes the lease between a look and the removal must not go on from there.
  if (auto paused = storage.pause(live); !paused) return paused;
  const auto now = record_of(storage, live);
  Result<void> done = now ? check_complete(storage, *now, next) : Result<void>(now.error());
  if (done) done = storage.remove(live);
  if (!done && !before->paused) {
    ignore_error(storage.resume(live), "the failure before it is told");
  }
  return done;
}

}  // namespace eventcore
