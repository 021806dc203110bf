#include "watched_projection.hpp"

#include <algorithm>

namespace eventcore::observability::detail {
namespace {

// Several scrapers ask at once, each for several metrics.
constexpr std::chrono::seconds kInterval{1};

std::optional<ProjectionFigures> ask(EventStore& store, const std::string& name,
                                     const Clock& clock) {
  const auto lag = projection_lag(store, name, clock);
  if (!lag) return std::nullopt;
  ProjectionFigures figures{*lag, clock.wall(), {}};
  if (lag->dead_letters == 0) return figures;
  const auto letters = store.projections().list_dead_letters(
      {.projection = name, .state = DeadLetterState::Parked, .after = {}});
  if (!letters) return std::nullopt;
  for (const DeadLetter& letter : *letters) {
    const Timestamp oldest = figures.oldest_dead_letter.value_or(letter.first_failure);
    figures.oldest_dead_letter = std::min(oldest, letter.first_failure);
  }
  return figures;
}

}  // namespace

std::chrono::nanoseconds ProjectionFigures::age(Timestamp now) const noexcept {
  if (lag.events == 0) return lag.age;
  return lag.age + std::max(now - asked_at, std::chrono::nanoseconds{0});
}

WatchedProjection::WatchedProjection(const ProjectionRunner& watched,
                                     std::shared_ptr<Lookout> lookout, const Clock& clock)
    : runner(watched),
      name(watched.projector().key()),
      version(std::to_string(watched.projector().description().version)),
      figures(std::move(lookout), clock, kInterval,
              [this, &clock] { return ask(runner.store(), name, clock); }) {}

}  // namespace eventcore::observability::detail
