#pragma once

// `Ledger`: which batches were intended and which were acknowledged, and whether a store agrees.
//
// The content of a batch follows from its id, so that every stored byte can be checked without
// being remembered. A batch has one to four events; every third has a key.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eventcore/event_store.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore::crash {

/// Thread-safety: One thread at a time.
class Ledger {
 public:
  /// The batch that belongs to `id`.
  [[nodiscard]] static WriteBatch batch_of(const Uuid& id);
  /// A fresh id.
  [[nodiscard]] static Uuid new_id();

  void intend(const Uuid& id) { entries_.try_emplace(id); }
  void acknowledge(const Uuid& id, const WriteResult& result) { entries_[id] = result.first; }
  /// The store said that nothing was written.
  void rule_out(const Uuid& id) { ruled_out_[id] = true; }

  [[nodiscard]] std::size_t intended() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t acknowledged() const noexcept;

  /// Every contradiction between `store` and this ledger; afterwards appends to the store, so that
  /// it is known to work. Nothing is half present, acknowledged batches are there once and where
  /// they were said to be, `verify` is clean, and keys are as good as the batches.
  [[nodiscard]] std::vector<std::string> check(EventStore& store);

 private:
  void check_log(EventStore& store, std::vector<std::string>& problems);
  void check_keys(EventStore& store, std::vector<std::string>& problems);
  void check_present(std::vector<std::string>& problems);
  void check_usable(EventStore& store, std::vector<std::string>& problems);

  std::map<Uuid, std::optional<Position>> entries_;  // the position of acknowledged ones
  std::map<Uuid, bool> ruled_out_;
  std::map<Uuid, Position> found_;  // by the last check
};

}  // namespace eventcore::crash
