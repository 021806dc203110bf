#include "alerts.hpp"

#include <algorithm>

#include "cli_ops.hpp"

namespace eventcore::cli::doctor {
namespace {

constexpr std::string_view kName = "- alert: ";
constexpr std::string_view kRunbook = "runbook_url: <<runbooks>>/";

std::string_view behind(std::string_view line, std::string_view mark) {
  const std::size_t at = line.find(mark);
  return at == std::string_view::npos ? std::string_view() : line.substr(at + mark.size());
}

std::vector<Alert> read_alerts(std::string_view rules) {
  std::vector<Alert> all;
  std::string name;
  while (!rules.empty()) {
    const std::string_view line = rules.substr(0, rules.find('\n'));
    rules.remove_prefix(std::min(rules.size(), line.size() + 1));
    if (const auto found = behind(line, kName); !found.empty()) name = found;
    const std::string_view page = behind(line, kRunbook);
    if (page.empty() || name.empty()) continue;
    const auto same = [&](const Alert& alert) { return alert.name == name; };
    if (std::none_of(all.begin(), all.end(), same)) {
      all.push_back({.name = name, .runbook = std::string(page.substr(0, page.find(".md")))});
    }
    name.clear();
  }
  return all;
}

}  // namespace

const std::vector<Alert>& alerts() {
  static const std::vector<Alert> kAlerts = read_alerts(ops::rules);
  return kAlerts;
}

const Alert* find_alert(std::string_view name) {
  const auto& all = alerts();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Alert& alert) { return alert.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace eventcore::cli::doctor
