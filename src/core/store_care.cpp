#include "eventcore/store_care.hpp"

#include <utility>

#include "store_facts.hpp"

namespace eventcore {

namespace {

// What the facts of a task are named behind its own name. Stored in stores; never rename.
constexpr std::string_view kTime = "_time";
constexpr std::string_view kPosition = "_position";
constexpr std::string_view kBytes = "_bytes";
constexpr std::string_view kFindings = "_findings";
constexpr std::string_view kFailed = "_failed_time";

std::uint64_t number_of(Timestamp time) noexcept {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
Timestamp time_of(std::uint64_t number) noexcept {
  return Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(number)));
}

}  // namespace

std::string_view to_string(CareTask task) noexcept {
  switch (task) {
    case CareTask::Backup:
      return "backup";
    case CareTask::Restore:
      return "restore";
    case CareTask::Verify:
      break;
  }
  return "verify";
}

CareHistory& StoreCare::of(CareTask task) noexcept {
  return const_cast<CareHistory&>(std::as_const(*this).of(task));
}
const CareHistory& StoreCare::of(CareTask task) const noexcept {
  switch (task) {
    case CareTask::Backup:
      return backup;
    case CareTask::Restore:
      return restore;
    case CareTask::Verify:
      break;
  }
  return verify;
}

namespace detail {

std::vector<StoreFact> facts_of(CareTask task, const CareRecord& record) {
  const auto name = [&](std::string_view part) {
    return std::string(to_string(task)).append(part);
  };
  if (!record.succeeded) return {{name(kFailed), number_of(record.time)}};
  return {{name(kTime), number_of(record.time)},
          {name(kPosition), record.position.value},
          {name(kBytes), record.size_bytes},
          {name(kFindings), record.findings}};
}

void note_fact(StoreCare& care, std::string_view name, std::uint64_t value) {
  for (std::size_t i = 0; i < kCareTasks; ++i) {
    const auto task = static_cast<CareTask>(i);
    const std::string_view prefix = to_string(task);
    if (!name.starts_with(prefix)) continue;
    const std::string_view part = name.substr(prefix.size());
    CareHistory& history = care.of(task);
    if (part == kFailed) {
      history.last_failure = time_of(value);
      return;
    }
    CareRecord record = history.last_success.value_or(CareRecord{});
    if (part == kTime) {
      record.time = time_of(value);
    } else if (part == kPosition) {
      record.position = {value};
    } else if (part == kBytes) {
      record.size_bytes = value;
    } else if (part == kFindings) {
      record.findings = value;
    } else {
      continue;
    }
    history.last_success = record;
  }
}

}  // namespace detail

}  // namespace eventcore
