#include "report_text.hpp"

#include <algorithm>
#include <cctype>

#include "../json_text.hpp"

namespace eventcore::cli::doctor {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::Critical:
      return "\x1b[1;31m";
    case Severity::Warning:
      return "\x1b[1;33m";
    case Severity::Info:
      break;
  }
  return "\x1b[1m";
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

void print_finding(const Finding& finding, Console& console, bool color) {
  std::string head = upper(to_string(finding.severity));
  head.resize(std::max<std::size_t>(head.size() + 2, 10), ' ');
  if (color) head = std::string(color_of(finding.severity)) + head + std::string(kReset);
  console.line(head + printable(finding.title));
  const auto line = [&](std::string_view name, std::string_view text) {
    std::string label = "  " + std::string(name);
    label.resize(12, ' ');
    console.line(label + printable(text));
  };
  if (!finding.culprit.empty()) line("what", finding.culprit);
  std::string_view name = "evidence";
  for (const std::string& evidence : finding.evidence) {
    line(name, evidence);
    name = "";
  }
  if (!finding.next.empty()) line("next", finding.next);
  if (finding.fix) {
    line("--fix", std::string(to_string(finding.fix->kind)) +
                      (finding.fix->condition.empty() ? "" : "; " + finding.fix->condition));
  }
  line("runbook", finding.runbook + ".md" +
                      (finding.alert.empty() ? "" : ", alert " + finding.alert) + " (" +
                      finding.id + ")");
  console.line("");
}

std::string fix_json(const Fix& fix) {
  return JsonObject().text("action", to_string(fix.kind)).text("subject", fix.subject).str();
}

std::string finding_json(const Finding& finding) {
  std::vector<std::string> evidence;
  for (const std::string& line : finding.evidence) evidence.push_back(quoted(line));
  const auto or_null = [](const std::string& text) { return text.empty() ? "null" : quoted(text); };
  return JsonObject()
      .text("id", finding.id)
      .text("severity", to_string(finding.severity))
      .text("title", finding.title)
      .json("culprit", or_null(finding.culprit))
      .list("evidence", evidence)
      .json("alert", or_null(finding.alert))
      .text("runbook", finding.runbook)
      .json("next", or_null(finding.next))
      .json("fix", finding.fix ? fix_json(*finding.fix) : "null")
      .str();
}

}  // namespace

void print_report(const Findings& findings, Console& console, bool color) {
  const std::vector<Finding> sorted = findings.sorted();
  for (const Finding& finding : sorted) print_finding(finding, console, color);
  for (const NotChecked& gap : findings.gaps()) {
    console.line("not checked: " + printable(gap.what) + " (" + printable(gap.why) + ")");
  }
  if (sorted.empty()) return console.line("no findings");
  console.line(counted(sorted.size(), "finding") + ", the most important first");
}

std::string report_json(const Findings& findings, const std::vector<Action>& actions) {
  std::vector<std::string> found;
  for (const Finding& finding : findings.sorted()) found.push_back(finding_json(finding));
  std::vector<std::string> gaps;
  for (const NotChecked& gap : findings.gaps()) {
    gaps.push_back(JsonObject().text("what", gap.what).text("why", gap.why).str());
  }
  std::vector<std::string> done;
  for (const Action& action : actions) {
    done.push_back(JsonObject()
                       .text("time", action.time)
                       .text("by", action.by)
                       .text("action", to_string(action.fix.kind))
                       .text("subject", action.fix.subject)
                       .boolean("succeeded", action.succeeded)
                       .text("result", action.result)
                       .str());
  }
  return JsonObject()
      .boolean("healthy", findings.empty())
      .list("findings", found)
      .list("not_checked", gaps)
      .list("actions", done)
      .str();
}

}  // namespace eventcore::cli::doctor
