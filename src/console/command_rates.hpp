#pragma once

// What each type of command does, from one look to the next.

#include <map>
#include <string>

#include "../monitor/instruments.hpp"
#include "api_json.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::console {

/// Compares two looks at the metrics of commands. Thread-safety: One thread at a time.
class CommandRates {
 public:
  explicit CommandRates(const observability::MetricsService& metrics);

  /// By type, the busiest first, what happened since the last call. Cost: a snapshot of five
  /// families.
  [[nodiscard]] Json look();
  /// How commands ended since the service began, and since the last call of `look` a second.
  [[nodiscard]] const Json& outcomes() const noexcept { return outcomes_; }

 private:
  struct Totals {
    double commands = 0;
    double errors = 0;
    double retries = 0;
    double conflicts = 0;
    double rejections = 0;
    monitor::detail::Distribution duration;
  };
  struct Look {
    Instant at{};
    std::map<std::string, Totals, std::less<>> types;
    std::map<std::string, double, std::less<>> outcomes;
  };

  [[nodiscard]] Look take() const;

  const observability::MetricsService& metrics_;
  Look before_;
  Json outcomes_ = Json::object();
};

}  // namespace eventcore::console
