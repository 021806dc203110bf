#pragma once

/// \file
/// The unqualified name of a type, the same under g++ and clang.

#include <string_view>

namespace eventcore::detail {

/// `ns::Outer::Type<ns::Argument>` is `Type`.
constexpr std::string_view unqualified(std::string_view name) {
  std::size_t end = name.find('<');
  if (end == std::string_view::npos) end = name.size();
  const std::size_t colon = name.substr(0, end).rfind(':');
  const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
  return name.substr(begin, end - begin);
}

template <class T>
constexpr std::string_view type_name() {
  // g++: "… type_name() [with T = X; std::string_view = …]", clang: "… type_name() [T = X]".
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = text.find("T = ") + 4;
  constexpr std::size_t semicolon = text.find(';', begin);
  constexpr std::size_t end = semicolon == std::string_view::npos ? text.size() - 1 : semicolon;
  return unqualified(text.substr(begin, end - begin));
}

}  // namespace eventcore::detail
