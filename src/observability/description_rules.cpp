#include "description_rules.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "../core/utf8.hpp"
#include "number_text.hpp"

namespace eventcore::observability::detail {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Error refuse(const MetricDescription& description, std::string_view rule) {
  return make_error(ErrorCode::InvalidArgument,
                    "metric '" + std::string(description.name) + "': " + std::string(rule));
}

/// The rule that the name breaks, or nothing.
std::string_view broken_name_rule(const MetricDescription& description) {
  std::string_view stem = description.name;
  if (!is_name(stem)) return "the name has to match [a-zA-Z_][a-zA-Z0-9_]*";
  const bool is_total = stem.ends_with("_total");
  if (is_total != (description.kind == MetricKind::Counter)) {
    return "counters, and only they, end in _total";
  }
  if (is_total) stem.remove_suffix(std::string_view("_total").size());
  if (description.kind == MetricKind::Info) {
    if (!stem.ends_with("_info")) return "an info metric ends in _info";
    if (description.unit != MetricUnit::None) return "an info metric has no unit";
    stem.remove_suffix(std::string_view("_info").size());
  }
  if (stem.empty()) return "there is no name before the ending";
  if (description.unit == MetricUnit::Seconds && !stem.ends_with("_seconds")) {
    return "a metric in seconds says so at the end of its name";
  }
  if (description.unit == MetricUnit::Bytes && !stem.ends_with("_bytes")) {
    return "a metric in bytes says so at the end of its name";
  }
  for (const std::string_view reserved : {"_bucket", "_sum", "_count", "_created"}) {
    if (stem.ends_with(reserved)) return "_bucket, _sum, _count and _created belong to histograms";
  }
  return {};
}

std::string_view broken_label_rule(const MetricDescription& description) {
  bool fixed_seen = false;
  for (std::size_t i = 0; i < description.labels.size(); ++i) {
    const LabelDescription& label = description.labels[i];
    if (!is_name(label.name)) return "label names have to match [a-zA-Z_][a-zA-Z0-9_]*";
    if (label.name.starts_with("__")) return "label names with __ are reserved";
    if (label.name == "le" || label.name == "quantile") return "le and quantile are reserved";
    for (std::size_t j = 0; j < i; ++j) {
      if (description.labels[j].name == label.name) return "a label occurs twice";
    }
    const bool fixed = !label.values.empty();
    if (fixed_seen && !fixed) return "labels with run-time values come before fixed ones";
    fixed_seen = fixed;
    if (!fixed && label.values_max == 0) return "a run-time label needs values_max";
  }
  return {};
}

std::string_view broken_bucket_rule(const MetricDescription& description) {
  const std::span<const double> bounds = description.buckets;
  if (description.kind != MetricKind::Histogram) {
    return bounds.empty() ? "" : "only histograms have buckets";
  }
  if (bounds.empty()) return "a histogram needs buckets";
  if (bounds.size() > kHistogramBoundsMax) return "a histogram has at most 64 buckets";
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i])) return "bucket bounds are finite; +Inf is implied";
    if (i > 0 && !(bounds[i - 1] < bounds[i])) return "bucket bounds ascend";
  }
  return {};
}

struct OwnedDescription {
  MetricDescription view;
  std::deque<std::string> texts;  // a deque: its elements never move
  std::vector<LabelDescription> labels;
  std::deque<std::vector<std::string_view>> values;
  std::vector<double> buckets;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
};

bool same_labels(std::span<const LabelDescription> a, std::span<const LabelDescription> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && (!x.values.empty() || x.values_max == y.values_max) &&
           std::equal(x.values.begin(), x.values.end(), y.values.begin(), y.values.end());
  });
}

}  // namespace

Result<void> check(const MetricDescription& description) {
  for (const std::string_view rule : {broken_name_rule(description), broken_label_rule(description),
                                      broken_bucket_rule(description)}) {
    if (!rule.empty()) return refuse(description, rule);
  }
  if (description.help.empty()) return refuse(description, "help is missing");
  if (valid_utf8(description.help) != description.help) {
    return refuse(description, "help has to be UTF-8");
  }
  return {};
}

std::shared_ptr<const MetricDescription> own(const MetricDescription& description) {
  auto owned = std::make_shared<OwnedDescription>();
  owned->view = description;
  owned->view.name = owned->keep(description.name);
  owned->view.help = owned->keep(description.help);
  owned->view.since = owned->keep(description.since);
  for (const LabelDescription& label : description.labels) {
    std::vector<std::string_view>& values = owned->values.emplace_back();
    for (const std::string_view value : label.values) values.push_back(owned->keep(value));
    owned->labels.push_back({owned->keep(label.name), values, label.values_max});
  }
  owned->buckets.assign(description.buckets.begin(), description.buckets.end());
  owned->view.labels = owned->labels;
  owned->view.buckets = owned->buckets;
  return {owned, &owned->view};
}

bool same(const MetricDescription& a, const MetricDescription& b) {
  return a.name == b.name && a.kind == b.kind && a.unit == b.unit && a.help == b.help &&
         a.native == b.native && same_labels(a.labels, b.labels) &&
         std::equal(a.buckets.begin(), a.buckets.end(), b.buckets.begin(), b.buckets.end());
}

std::string summary(const MetricDescription& description) {
  std::string text(to_string(description.kind));
  text.append(" ").append(description.name).append("{");
  for (const LabelDescription& label : description.labels) {
    if (text.back() != '{') text += ',';
    text.append(label.name);
    char opening = '=';
    for (const std::string_view value : label.values) {
      text.append(1, opening).append(value);
      opening = '|';
    }
  }
  text += '}';
  for (std::size_t i = 0; i < description.buckets.size(); ++i) {
    text += i == 0 ? " buckets " : ",";
    append_number(text, description.buckets[i]);
  }
  return text.append(" \"").append(description.help).append("\"");
}

std::string valid_utf8(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t bytes = eventcore::detail::decode_utf8(rest).bytes;
    if (bytes == 0) {
      std::string replaced(text);
      std::replace_if(
          replaced.begin(), replaced.end(),
          [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
      return replaced;
    }
    rest.remove_prefix(bytes);
  }
  return std::string(text);
}

}  // namespace eventcore::observability::detail
