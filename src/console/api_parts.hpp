#pragma once

// The parts of the API, each in a file of its own. All of what they are given outlives the server.

#include <cstddef>

#include "api_json.hpp"
#include "eventcore/console/console.hpp"
#include "live_feed.hpp"
#include "projection_watch.hpp"
#include "store_gate.hpp"

namespace eventcore::console {

/// Requests that use the store at once; others are told to come again, so that a store that hangs
/// takes no more of the server's workers.
inline constexpr std::size_t kStoreUsersMax = 3;

/// `/api/history`, `/api/trends`, `/api/commands`, `/api/log`.
void mount_monitor_api(http::Server& server, const ConsoleOptions& options);
/// `/api/projections…`, `/api/dead-letters`.
void mount_projection_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate,
                          ProjectionWatch& watch);
/// `/api/streams`, `/api/events`.
void mount_event_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate);
/// `/api/explain`.
void mount_explain_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate);

/// An event, with its payload if that may be shown.
[[nodiscard]] Json event_json(const StoredEvent& event, bool show_payloads);

/// Answers with `work(store)`, if there is a store and not too many use it.
template <class Work>
http::Response with_store(StoreGate& gate, Work work) {
  const auto store = gate.enter(kStoreUsersMax);
  if (store) return work(*store);
  return refuse(
      503, gate.is_open() ? "Others are asking the store; try again." : "The store is not open.");
}

/// The JSON object in the body of a request; an error if it is none or larger than any is.
[[nodiscard]] Result<Json> body_of(const http::Request& request);

/// Answers `request` with what came of an action on `subject`, and has it noted.
[[nodiscard]] http::Response act(const ConsoleOptions& options, const http::Request& request,
                                 const char* action, const std::string& subject,
                                 const std::function<Result<Json>()>& work);

}  // namespace eventcore::console
