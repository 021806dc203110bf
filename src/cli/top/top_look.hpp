#pragma once

/// \file
/// `TopLook`: what `eventcore top` knows after one look at a service or a store.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "eventcore/event_store.hpp"
#include "eventcore/monitor/performance_snapshot.hpp"
#include "eventcore/result.hpp"

namespace eventcore::cli {

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Commands of one type, over the latest window.
struct CommandRow {
  std::string name = {};
  double total = 0;  ///< Since the start.
  monitor::PerformanceSnapshot window = {};
};

struct ProjectionRow {
  std::string name = {};
  std::string state = {};
  double lag_seconds = kNoNumber;
  double lag_events = kNoNumber;
  double per_second = kNoNumber;
  double dead_letters = 0;
  double position = kNoNumber;
  /// What a look at this one alone adds: names and values.
  std::vector<std::pair<std::string, std::string>> more = {};
};

struct StreamRow {
  std::string name = {};
  double version = kNoNumber;
  double writes = kNoNumber;     ///< Since the start; at most.
  double conflicts = kNoNumber;  ///< Since the start.
  double per_second = kNoNumber;
};

/// A command that the flight recorder remembers.
struct SlowRow {
  std::string name = {};
  std::string ended = {};
  std::string outcome = {};
  double milliseconds = 0;
  double attempts = 0;
  std::string story = {};  ///< Who was faster on which stream, or its error.
  std::string trace = {};
};

/// What the store alone says.
struct StoreFigures {
  double head = 0;
  double streams = 0;
  double size_bytes = 0;
  double events_per_second = kNoNumber;
};

struct TopLook {
  std::string time = {};  ///< RFC 3339.
  std::optional<monitor::PerformanceSnapshot> window =
      {};                                  ///< Of a service; none at the first look.
  std::optional<StoreFigures> store = {};  ///< Of a store.
  std::vector<std::pair<std::string, double>> outcomes = {};  ///< A second.
  std::vector<CommandRow> commands = {};
  std::vector<ProjectionRow> projections = {};
  std::vector<StreamRow> streams = {};
  std::vector<SlowRow> slow = {};
  std::string note = {};  ///< Something to know, such as that the process was started anew.
};

/// Where looks come from. Thread-safety: One thread at a time.
class TopSource {
 public:
  TopSource() = default;
  TopSource(const TopSource&) = delete;
  TopSource& operator=(const TopSource&) = delete;
  virtual ~TopSource() = default;

  /// Errors: whatever keeps it from being seen; the next look may succeed.
  [[nodiscard]] virtual Result<TopLook> look(const std::stop_token& stop) = 0;
  /// What is looked at, without secrets.
  [[nodiscard]] virtual std::string title() const = 0;
};

/// The service whose `/metrics` are at `url`, and its console's API if that answers.
/// Errors: InvalidArgument (bad URL).
[[nodiscard]] Result<std::unique_ptr<TopSource>> service_source(const std::string& url);

/// `store`, which must outlive it.
[[nodiscard]] std::unique_ptr<TopSource> store_source(EventStore& store);

}  // namespace eventcore::cli
