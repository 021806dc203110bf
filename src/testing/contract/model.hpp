#pragma once

/// \file
/// `Model`: the store contract in its simplest form, for comparison with real stores.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eventcore/event_store.hpp"

namespace eventcore::testing::contract {

/// What an append must end with.
struct ModelOutcome {
  std::optional<ErrorCode> error;
  bool replayed = false;
  Position first;  ///< Without events: the head.
  Position last;
  std::vector<StreamVersion> versions_before;  ///< Of the batch's streams, when it was stored.
};

/// An event of the model's log.
struct ModelEvent {
  Position position;
  StreamVersion version;
  std::string stream;
  std::string type;
  std::string payload;

  friend bool operator==(const ModelEvent&, const ModelEvent&) = default;
};
void PrintTo(const ModelEvent& event, std::ostream* out);

/// What a read must return.
struct ModelPage {
  std::vector<ModelEvent> events;
  std::vector<StreamVersion> versions;  ///< Of the query's streams at its position.
  bool more = false;
};

/// A log in a vector. Thread-safety: One thread at a time. Cost: every read scans everything.
class Model {
 public:
  /// `predecessor_rejected`: an operation that this one depends on was.
  ModelOutcome append(const WriteBatch& batch, bool predecessor_rejected = false);
  [[nodiscard]] ModelPage read(const StreamsQuery& query) const;
  [[nodiscard]] ModelPage read(const LogQuery& query) const;
  [[nodiscard]] Position head() const { return {log_.size()}; }
  [[nodiscard]] StreamVersion version(const std::string& stream, Position at) const;

 private:
  struct Stored {
    std::string command_type;
    Position first;
    Position last;
  };

  std::vector<ModelEvent> log_;
  std::map<std::string, Stored> keys_;
};

}  // namespace eventcore::testing::contract
