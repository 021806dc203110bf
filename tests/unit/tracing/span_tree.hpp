#pragma once

/// \file
/// `span_tree`: spans as text that a test can compare. Ids, times and what depends on them are left
/// out or become `*`.

#include <algorithm>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "recorded_spans.hpp"

namespace eventcore {

inline std::string value_text(const std::string& key, const OwnedValue& value) {
  static const std::set<std::string> kVarying{"command_id", "eventcore.group.bytes",
                                              "eventcore.queue.depth"};
  if (kVarying.contains(key) || key.ends_with("_ns")) return "*";
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::string>) return "'" + held + "'";
        if constexpr (std::is_same_v<T, bool>) return held ? "true" : "false";
        if constexpr (std::is_arithmetic_v<T>) return std::to_string(held);
      },
      value);
}

inline std::string attributes_text(const OwnedAttributes& attributes) {
  std::string text;
  for (const auto& [key, value] : attributes) text += " " + key + "=" + value_text(key, value);
  return text;
}

inline void add_tree(const std::vector<OwnedSpan>& spans, const OwnedSpan& span, int depth,
                     std::string& out) {
  static const char* const kKinds[] = {"", "internal", "server", "client", "producer", "consumer"};
  const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
  out += indent + span.name + " [" + kKinds[static_cast<int>(span.kind)] + "]";
  if (span.status == SpanStatus::Error) out += " ERROR";
  out += attributes_text(span.attributes) + "\n";
  for (const OwnedEvent& event : span.events) {
    out += indent + "  ! " + event.name + attributes_text(event.attributes) + "\n";
  }
  for (const OwnedLink& link : span.links) {
    const auto to = std::find_if(spans.begin(), spans.end(), [&](const OwnedSpan& one) {
      return one.context.span_id == link.context.span_id;
    });
    out += indent + "  -> " + (to == spans.end() ? "elsewhere" : to->name) + "\n";
  }
  for (const OwnedSpan& child : spans) {
    if (child.is_child_of(span)) add_tree(spans, child, depth + 1, out);
  }
}

/// The trees of all roots, by the time at which their spans began.
inline std::string span_tree(std::vector<OwnedSpan> spans) {
  std::stable_sort(spans.begin(), spans.end(),
                   [](const OwnedSpan& a, const OwnedSpan& b) { return a.start < b.start; });
  std::string out;
  for (const OwnedSpan& span : spans) {
    const bool has_parent = std::any_of(
        spans.begin(), spans.end(), [&](const OwnedSpan& one) { return span.is_child_of(one); });
    if (!has_parent) add_tree(spans, span, 0, out);
  }
  return out;
}

}  // namespace eventcore
