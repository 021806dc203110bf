#pragma once

/// \file
/// Projections and dead letters as tools print them, and what commands about one of them begin
/// with.

#include <optional>
#include <string>

#include "console.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/projection_lag.hpp"
#include "eventcore/projection_storage.hpp"
#include "table.hpp"

namespace CLI {
class App;
}

namespace eventcore::cli {

/// Adds `--store`, `--json` and the positional NAME of a projection.
struct ProjectionOptions {
  std::string store;
  std::string name;
  bool json = false;
};
void add_projection_options(CLI::App& command, ProjectionOptions& options);

/// The projection stored as `name`. Tells of it if there is none; then `code` says how to end.
[[nodiscard]] std::optional<ProjectionRecord> find_projection(EventStore& store,
                                                              const std::string& name,
                                                              Console& console, ExitCode& code);

/// What was asked of the projection and is not done: "paused", "reset to 7", …, or "-".
[[nodiscard]] std::string request_text(const ProjectionRecord& record);
/// "held", "expired" or "free" at `now`.
[[nodiscard]] std::string_view lease_state(const ProjectionLease& lease, Timestamp now);
/// How far the projection is behind: "caught up", "12 events, 3 min", …
[[nodiscard]] std::string lag_text(const ProjectionLag& lag);

[[nodiscard]] std::string projection_json(const ProjectionRecord& record, const ProjectionLag& lag);
[[nodiscard]] std::string lease_json(const ProjectionRecord& record, Timestamp now);
[[nodiscard]] std::string letter_json(const DeadLetter& letter);

}  // namespace eventcore::cli
