#include <set>

#include "checks.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {

using namespace observability;

namespace {

void tell_loss(const ProcessContext& context, const std::string& signal, double rise, double total,
               std::vector<std::string> evidence) {
  if (total <= 0) return;
  Finding finding{.id = "telemetry-dropped",
                  .severity = rise > 0 ? Severity::Warning : Severity::Info,
                  .title = rise > 0 ? "The process loses telemetry"
                                    : "The process has lost telemetry, though not just now",
                  .culprit = signal,
                  .evidence = {number_text(total) + " since the start, " + number_text(rise) +
                               " in " + duration_text(context.look.seconds())},
                  .alert = "TelemetryDropping",
                  .runbook = "telemetry-and-cardinality",
                  .next = "curl -sS " + context.look.url() + " | grep -E '_(dropped|lost)_total'"};
  for (std::string& line : evidence) finding.evidence.push_back(std::move(line));
  context.findings.add(std::move(finding));
}

double total_of(const std::vector<Row>& rows) {
  double sum = 0;
  for (const Row& row : rows) sum += row.value;
  return sum;
}

}  // namespace

void check_telemetry(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const auto dropped_records = look.rows(catalogue::kLogRecordsDroppedTotal);
  const auto lost_records = look.rows(catalogue::kLogRecordsLostTotal);
  std::vector<std::string> log;
  if (const double errors = total_of(look.rows(catalogue::kLogSinkErrorsTotal)); errors > 0) {
    log.push_back("its sink failed " + number_text(errors) + " times");
  }
  tell_loss(
      context, "log records",
      look.rise(catalogue::kLogRecordsDroppedTotal) + look.rise(catalogue::kLogRecordsLostTotal),
      total_of(dropped_records) + total_of(lost_records), std::move(log));
  tell_loss(context, "spans", look.rise(catalogue::kSpansDroppedTotal),
            total_of(look.rows(catalogue::kSpansDroppedTotal)), {});
  for (const std::string& signal : look.values_of(catalogue::kOtlpReachable, "signal")) {
    const ProcessLook::Labels of_it{{"signal", signal}};
    std::vector<std::string> evidence;
    for (const Row& row : look.rows(catalogue::kOtlpDroppedTotal, of_it)) {
      if (row.value <= 0) continue;
      evidence.push_back(number_text(row.value) + " because of " +
                         std::string(row.label("reason")));
    }
    const bool reachable = look.value(catalogue::kOtlpReachable, of_it) != 0;
    if (!reachable) evidence.emplace_back("the collector does not answer");
    tell_loss(context, signal + " on their way to the collector",
              look.rise(catalogue::kOtlpDroppedTotal, of_it),
              total_of(look.rows(catalogue::kOtlpDroppedTotal, of_it)), std::move(evidence));
    if (reachable || total_of(look.rows(catalogue::kOtlpRequestsTotal, of_it)) == 0) continue;
    context.findings.add(
        {.id = "collector-unreachable",
         .title = "The collector does not answer; what waits for it will be dropped",
         .culprit = signal,
         .evidence = {number_text(look.value(catalogue::kOtlpQueueLength, of_it)) + " of " +
                      number_text(look.value(catalogue::kOtlpQueueLimit, of_it)) +
                      " that may wait do"},
         .alert = "TelemetryDropping",
         .runbook = "telemetry-and-cardinality",
         .next = "curl -sS \"$OTEL_EXPORTER_OTLP_ENDPOINT\""});
  }
}

namespace {

void tell_overflow(const ProcessContext& context, const std::string& culprit,
                   std::string_view family, const Row& row) {
  context.findings.add(
      {.id = "label-overflow",
       .title = "A metric has too many label values; the rest is in the series __overflow__",
       .culprit = culprit,
       .evidence = {number_text(row.value) + " updates since the start, " + number_text(row.rise) +
                    " in " + duration_text(context.look.seconds())},
       .alert = "MetricsLabelOverflow",
       .runbook = "telemetry-and-cardinality",
       .next = "curl -sS " + context.look.url() + " | grep '^" + std::string(family) + "' | head"});
}

}  // namespace

void check_overflow(const ProcessContext& context) {
  // A name that overflows in one family does in its others: the first one tells of it.
  std::set<std::string_view> told;
  for (const MetricDescription* family : catalogue::kMetrics) {
    if (family->kind != MetricKind::Counter) continue;
    for (const LabelDescription& label : family->labels) {
      if (!label.values.empty() || told.count(label.name) != 0) continue;
      const ProcessLook::Labels rest{{std::string(label.name), std::string(kOverflowValue)}};
      for (const Row& row : context.look.rows(*family, rest)) {
        if (row.value <= 0 || !told.insert(label.name).second) continue;
        tell_overflow(context,
                      "label " + std::string(label.name) + " of " + std::string(family->name),
                      family->name, row);
      }
    }
  }
  if (!told.empty()) return;
  for (const Row& row : context.look.rows(catalogue::kMetricsLabelOverflowTotal)) {
    if (row.value <= 0) continue;
    tell_overflow(context, std::string(row.label("family")), row.label("family"), row);
  }
}

void check_collectors(const ProcessContext& context) {
  for (const Row& row : context.look.rows(catalogue::kMetricsCollectorAgeSeconds)) {
    if (!(row.value > context.limits("collector_age"))) continue;
    context.findings.add(
        {.id = "figures-old",
         .title = "Figures of the process are old: what it asks for them does not answer",
         .culprit = "collector " + std::string(row.label("collector")),
         .evidence = {duration_text(row.value) + " old",
                      limit_text(duration_text(context.limits("collector_age")), "collector_age")},
         .alert = "CollectorStale",
         .runbook = "telemetry-and-cardinality",
         .next = "eventcore stats --store " + context.store});
  }
}

}  // namespace eventcore::cli::doctor
