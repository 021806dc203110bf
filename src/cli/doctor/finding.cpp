#include "finding.hpp"

#include <algorithm>
#include <utility>

namespace eventcore::cli::doctor {

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::Critical:
      return "critical";
    case Severity::Warning:
      return "warning";
    case Severity::Info:
      break;
  }
  return "info";
}

std::string_view to_string(FixKind kind) noexcept {
  switch (kind) {
    case FixKind::Resume:
      return "resume";
    case FixKind::ReplayDeadLetters:
      return "replay-dead-letters";
    case FixKind::DropLease:
      return "drop-lease";
    case FixKind::CheckpointJournal:
      break;
  }
  return "checkpoint-journal";
}

namespace {

void add_new(const std::vector<std::string>& lines, std::vector<std::string>& evidence) {
  for (const std::string& line : lines) {
    const bool known = std::find(evidence.begin(), evidence.end(), line) != evidence.end();
    if (!line.empty() && !known) evidence.push_back(line);
  }
}

}  // namespace

void Findings::add(Finding finding) {
  const std::vector<std::string> lines = std::exchange(finding.evidence, {});
  const auto same = std::find_if(findings_.begin(), findings_.end(), [&](const Finding& known) {
    return known.id == finding.id && known.culprit == finding.culprit;
  });
  if (same == findings_.end()) {
    add_new(lines, finding.evidence);
    findings_.push_back(std::move(finding));
    return;
  }
  same->severity = std::min(same->severity, finding.severity);
  if (same->next.empty()) same->next = std::move(finding.next);
  if (!same->fix) same->fix = std::move(finding.fix);
  add_new(lines, same->evidence);
}

bool Findings::support(const std::vector<std::string_view>& ids, std::string_view culprit,
                       const std::vector<std::string>& evidence) {
  for (Finding& known : findings_) {
    const bool fits = std::find(ids.begin(), ids.end(), known.id) != ids.end();
    if (!fits || known.culprit != culprit) continue;
    add_new(evidence, known.evidence);
    return true;
  }
  return false;
}

void Findings::not_checked(std::string what, std::string why) {
  gaps_.push_back({.what = std::move(what), .why = std::move(why)});
}

std::vector<Finding> Findings::sorted() const {
  std::vector<Finding> all = findings_;
  // Within a severity the order of the checks: causes come before what they cause.
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  return all;
}

}  // namespace eventcore::cli::doctor
