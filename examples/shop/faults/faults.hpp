#pragma once

/// \file
/// `Faults`: the faults of one shop, on and off by name.
///
/// | request                | answer                                                          |
/// |------------------------|-----------------------------------------------------------------|
/// | `GET /faults`          | 200, each fault and whether it is on                            |
/// | `PUT /faults/{name}`   | 200, and it is; 404; 409 where the store can't have it          |
/// | `DELETE /faults/{name}`| 200, and it is off; 404; 409 for an event that was stored       |

#include <atomic>
#include <memory>
#include <vector>

#include <eventcore/event_store.hpp>
#include <eventcore/http_server.hpp>
#include <eventcore/result.hpp>
#include <eventcore/store_url.hpp>

#include "faults/commit_lock_thread.hpp"
#include "faults/fault.hpp"
#include "faults/halting_probe.hpp"
#include "faults/relay.hpp"

namespace shop {

/// Thread-safety: Thread-safe from `begin` to `end`. Ownership: outlives what it made and is made
/// for; the store must outlive it, but for its `end`.
class Faults {
 public:
  /// Nothing is wrong until `begin` switches on those in `wanted`.
  /// Errors: InvalidArgument (the store of `url` can't have one of them).
  [[nodiscard]] static eventcore::Result<std::unique_ptr<Faults>> open(
      std::vector<Fault> wanted, const eventcore::StoreUrl& url);

  /// By which the shop reaches its store.
  [[nodiscard]] const eventcore::StoreUrl& url() const noexcept { return url_; }
  [[nodiscard]] std::unique_ptr<eventcore::EventStore> wrap(
      std::unique_ptr<eventcore::EventStore> store) const;
  [[nodiscard]] std::shared_ptr<eventcore::ProjectionProbe> projection_probe() const noexcept {
    return halting_;
  }
  void mount(eventcore::http::Server& server);

  /// Errors: those of storing an event.
  [[nodiscard]] eventcore::Result<void> begin(eventcore::EventStore& store);
  /// Everything is well, so that the shop can end in order.
  void end();

 private:
  Faults(std::vector<Fault> wanted, eventcore::StoreUrl url);
  [[nodiscard]] bool can(Fault fault) const noexcept;
  /// Errors: InvalidArgument (it can't be), those of storing an event.
  [[nodiscard]] eventcore::Result<void> set(Fault fault, bool on);
  [[nodiscard]] eventcore::Result<void> store_poison();
  [[nodiscard]] eventcore::http::Response answer(const eventcore::http::Request& request, bool on);
  [[nodiscard]] eventcore::http::Response list() const;

  const std::vector<Fault> wanted_;
  eventcore::StoreUrl url_;
  eventcore::EventStore* store_ = nullptr;
  std::array<std::atomic<bool>, kFaults.size()> on_{};
  const std::shared_ptr<HaltingProbe> halting_;
  // Null unless the store is PostgreSQL.
  std::unique_ptr<RelayThread> relay_;
  std::unique_ptr<CommitLockThread> commit_lock_;
};

}  // namespace shop
