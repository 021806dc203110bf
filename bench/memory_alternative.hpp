#pragma once

/// \file
/// The usual in-memory peer: a mutex, a map from stream id to its events, and copies on the way
/// out, which are decoded and folded for each command.

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "workload.hpp"

namespace eventcore::bench {

class CopyOutStore {
 public:
  struct Event {
    std::string type;
    std::string payload;
  };

  /// Reads and folds both streams of `command`, and appends its events.
  void execute(const RecordTwo& command);
  void append(const StreamId& stream, const Recorded& event);

 private:
  [[nodiscard]] std::vector<Event> read(const StreamId& stream);

  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Event>> streams_;
};

}  // namespace eventcore::bench
