#include "eventcore/detail/json_failure.hpp"

#include <utility>

namespace eventcore::detail {

void JsonFailure::in_field(std::string_view name) {
  std::string longer = ".";
  longer.append(name).append(path);
  path = std::move(longer);
}

void JsonFailure::in_element(std::size_t index) { path = "[" + std::to_string(index) + "]" + path; }

Error JsonFailure::error(std::string_view root) const {
  std::string message(root);
  message.append(path).append(": ").append(reason);
  return make_error(code, std::move(message));
}

}  // namespace eventcore::detail
