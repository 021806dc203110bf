#include "whole_number.hpp"

#include <CLI/CLI.hpp>

namespace eventcore::cli {

CLI::Option* add_whole_number(CLI::App& command, const std::string& name,
                              std::optional<std::uint64_t>& to, const std::string& description) {
  const auto take = [&to, name](const std::string& text) {
    to = parse_whole_number(text);
    if (to) return;
    throw CLI::ValidationError(name, "'" + text + "' is no integer from 0 to 18446744073709551615");
  };
  return command.add_option_function<std::string>(name, take, description);
}

std::string not_empty(const std::string& text) { return text.empty() ? "it is empty" : ""; }

}  // namespace eventcore::cli
