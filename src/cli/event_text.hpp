#pragma once

/// \file
/// Events as tools print them: a row of a table for people, an object in a line for machines.

#include <string>
#include <string_view>
#include <vector>

#include "eventcore/event_page.hpp"
#include "json_text.hpp"
#include "table.hpp"

namespace eventcore::cli {

/// The columns of `event_row`.
[[nodiscard]] std::vector<Column> event_columns();
[[nodiscard]] std::vector<std::string> event_row(const StoredEvent& event);

/// The event as JSON, in the form that `eventcore append` takes `data` and `metadata` in.
/// Ids and metadata of its batch are left out unless it was read with its batch.
[[nodiscard]] std::string event_json(const StoredEvent& event);

/// The payload in one line: JSON as it is stored, anything else in base64 with a note.
[[nodiscard]] std::string payload_text(std::string_view payload);

}  // namespace eventcore::cli
