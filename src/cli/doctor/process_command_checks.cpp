#include <algorithm>
#include <cmath>
#include <map>

#include "checks.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {

using namespace observability;

namespace {

/// The label value whose counter rose most; empty if none did.
std::string most_of(const std::vector<Row>& rows, std::string_view label, double& rise) {
  std::map<std::string, double> by_value;
  for (const Row& row : rows) by_value[std::string(row.label(label))] += std::max(0.0, row.rise);
  const auto most =
      std::max_element(by_value.begin(), by_value.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == by_value.end() || most->second <= 0) return {};
  rise = most->second;
  return most->first;
}

/// The streams that conflicts were on, or else those that grow fastest.
std::string hot_streams(const ProcessContext& context, const std::string& category) {
  std::vector<std::pair<double, std::string>> hot;
  const auto belongs_there = [&](std::string_view stream) {
    return category.empty() || (stream.starts_with(category) &&
                                (stream.size() == category.size() ||
                                 stream[category.size()] == '-' || stream[category.size()] == '/'));
  };
  for (const auto& [stream, conflicts] : context.stream_conflicts) {
    if (conflicts > 0 && belongs_there(stream)) hot.emplace_back(conflicts, stream);
  }
  if (hot.empty()) {
    for (const Row& row : context.look.rows(catalogue::kStreamVersions)) {
      if (row.rise > 0 && belongs_there(row.label("stream_id"))) {
        hot.emplace_back(row.rise, row.label("stream_id"));
      }
    }
  }
  std::sort(hot.rbegin(), hot.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, hot.size()); ++i) {
    text += (text.empty() ? "" : ", ") + hot[i].second;
  }
  return text;
}

}  // namespace

void check_conflicts(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  for (const std::string& type : look.values_of(catalogue::kCommandsTotal, "command_type")) {
    const ProcessLook::Labels of_type{{"command_type", type}};
    const double commands = look.rise(catalogue::kCommandsTotal, of_type);
    const double retries = look.rise(catalogue::kCommandRetriesTotal, of_type);
    const double gave_up = look.rise(catalogue::kCommandOutcomesTotal,
                                     {{"command_type", type}, {"outcome", "conflict_exhausted"}});
    const double attempts = commands + retries;
    const double share = attempts > 0 ? retries / attempts : 0;
    const bool enough = attempts / look.seconds() > context.limits("commands_floor") &&
                        attempts >= kSamplesForTails;
    const bool storm = enough && share > context.limits("conflict_retries");
    if (!storm && gave_up < context.limits("conflicts_exhausted")) continue;
    double conflicts = 0;
    const std::string category =
        most_of(look.rows(catalogue::kCommandConflictsTotal, of_type), "category", conflicts);
    const std::string streams = hot_streams(context, category);
    Finding finding{
        .id = "hot-streams",
        .title = gave_up > 0 ? "A command gives up after conflicts" : "A command keeps conflicting",
        .culprit = type + (streams.empty() ? category.empty() ? "" : " on " + category
                                           : " on stream " + streams),
        .evidence = {percent_text(share) + " of " + number_text(attempts) +
                         " attempts are repetitions",
                     limit_text(percent_text(context.limits("conflict_retries")),
                                "conflict_retries")},
        .alert = gave_up > 0 ? "CommandRetriesExhausted" : "CommandConflictStorm",
        .runbook = "conflict-storm",
        .next = "eventcore events --store " + context.store + " --stream " +
                (streams.empty() ? "STREAM" : streams.substr(0, streams.find(','))) +
                " --since 15m"};
    if (conflicts > 0) {
      finding.evidence.push_back(number_text(conflicts) + " conflicts on the category " + category);
    }
    if (gave_up > 0) finding.evidence.push_back(number_text(gave_up) + " commands gave up");
    context.findings.add(std::move(finding));
  }
}

void check_command_errors(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  for (const std::string& type : look.values_of(catalogue::kCommandsTotal, "command_type")) {
    double valid = 0;
    double failed = 0;
    double most = 0;
    std::string worst;
    for (const Row& row : look.rows(catalogue::kCommandOutcomesTotal, {{"command_type", type}})) {
      const std::string_view outcome = row.label("outcome");
      if (outcome == "rejected" || outcome == "cancelled") continue;
      valid += row.rise;
      const bool is_error = outcome == "invalid" || outcome == "deadline_exceeded" ||
                            outcome == "overloaded" || outcome == "store_error" ||
                            outcome == "in_doubt";
      if (!is_error) continue;
      failed += row.rise;
      if (row.rise > most) {
        most = row.rise;
        worst = outcome;
      }
    }
    const double share = valid > 0 ? failed / valid : 0;
    const bool enough = valid / look.seconds() > context.limits("commands_floor") && failed >= 3;
    if (!enough || share <= context.limits("command_errors")) continue;
    Finding finding{
        .id = "commands-fail",
        .title = "Commands fail",
        .culprit = type + ", most with " + worst,
        .evidence = {number_text(failed) + " of " + number_text(valid) + " failed, " +
                         percent_text(share),
                     limit_text(percent_text(context.limits("command_errors")), "command_errors")},
        .alert = "HighCommandErrorRate",
        .runbook = "command-errors",
        .next = "journalctl --since -15min --grep eventcore"};
    for (const Row& row : look.rows(catalogue::kEventStoreErrorsTotal)) {
      if (row.rise <= 0) continue;
      finding.evidence.push_back("the store failed " + number_text(row.rise) + " times to " +
                                 std::string(row.label("operation")) + ": " +
                                 std::string(row.label("error_type")));
    }
    context.findings.add(std::move(finding));
  }
}

void check_command_latency(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const double limit = context.limits("command_p95");
  for (const std::string& type : look.values_of(catalogue::kCommandsTotal, "command_type")) {
    const WindowHistogram times =
        look.histogram(catalogue::kCommandDurationSeconds, {{"command_type", type}});
    const bool enough = times.count() / look.seconds() > context.limits("commands_floor");
    if (!enough || !is_slow(times, 0.95, limit)) continue;
    std::string phase;
    double longest = 0;
    for (const std::string& name : look.values_of(catalogue::kCommandPhaseSeconds, "phase")) {
      const double spent = look.histogram(catalogue::kCommandPhaseSeconds, {{"phase", name}}).sum;
      if (spent <= longest) continue;
      longest = spent;
      phase = name;
    }
    context.findings.add({.id = "commands-slow",
                          .title = "Commands are slow",
                          .culprit = type + (phase.empty() ? "" : ", most in the phase " + phase),
                          .evidence = {quantiles_text(times, 0.95, "commands"),
                                       limit_text(duration_text(limit), "command_p95")},
                          .alert = "HighCommandLatency",
                          .runbook = "command-latency",
                          .next = "eventcore top --url " + look.url()});
  }
  const std::vector<Row> in_flight = look.rows(catalogue::kCommandsInFlight);
  const double finished = look.rise(catalogue::kCommandsTotal);
  if (in_flight.empty() || finished > 0 || look.seconds() < limit) return;
  const Row& row = in_flight.front();
  if (row.value <= 0 || row.value - row.rise <= 0) return;
  context.findings.add(
      {.id = "commands-hang",
       .severity = Severity::Critical,
       .title = "Commands are under way and none ends",
       .culprit = {},
       .evidence = {number_text(row.value) + " in flight, none ended in " +
                    duration_text(look.seconds())},
       .alert = "HighCommandLatency",
       .runbook = "command-latency",
       .next = "eventcore doctor --store " + context.store + " --alert LongBlockingTransaction"});
}

void check_memory(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const double used = look.value(catalogue::kMemoryUsageBytes);
  const double limit = context.limits("memory");
  const bool grows = look.value(catalogue::kMonitorTrend, {{"measure", "memory"}}) == 1;
  if (!(used > limit)) return;
  context.findings.add(
      {.id = "memory-high",
       .title = "The process uses much memory",
       .culprit = look.url(),
       .evidence = {bytes_text(used) + " of " +
                        bytes_text(look.value(catalogue::kMemoryLimitBytes)) + " it may use" +
                        (grows ? ", and it grows" : ""),
                    limit_text(bytes_text(limit), "memory"),
                    number_text(look.value(catalogue::kActiveStreams)) + " streams, " +
                        number_text(look.value(catalogue::kMetricsSeries)) + " series, " +
                        number_text(look.value(catalogue::kAppendQueueDepth)) + " appends queued"},
       .alert = "HighMemoryUsage",
       .runbook = "memory",
       .next = "eventcore top --url " + look.url()});
}

void check_clock(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const auto judge = [&](const MetricDescription& family, const std::string& what) {
    for (const Row& row : look.rows(family)) {
      const double ahead = row.value - look.now();
      if (!(ahead > seconds_of(kClocksDifferMax))) continue;
      context.findings.add(
          {.id = "clock-jump",
           .title = "A clock was or is wrong",
           .culprit = "the clock of " + look.url() + ", of this host, or of the store's server",
           .evidence = {what + " lies " + duration_text(ahead) + " in the future"},
           .alert = {},
           .runbook = "projection-leadership",
           .next = "timedatectl timesync-status"});
    }
  };
  judge(catalogue::kStoreLastAppendTimestampSeconds, "the last event");
  judge(catalogue::kProjectionLastPollTimestampSeconds, "a projection's last read");
  judge(catalogue::kProcessStartTimeSeconds, "the start of the process");
}

}  // namespace eventcore::cli::doctor
