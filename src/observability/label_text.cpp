#include "label_text.hpp"

#include <utility>

namespace eventcore::observability::detail {

void append_escaped(std::string& out, std::string_view text, bool in_label) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_label) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::shared_ptr<const SeriesLabels> make_labels(const MetricDescription& description,
                                                std::vector<std::string> values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text += ',';
    text.append(description.labels[i].name).append("=\"");
    append_escaped(text, values[i], true);
    text += '"';
  }
  return std::make_shared<const SeriesLabels>(SeriesLabels{std::move(values), std::move(text)});
}

}  // namespace eventcore::observability::detail
