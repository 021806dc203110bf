#pragma once

// The spans of one command, from its record.

#include <string_view>

#include "eventcore/probe.hpp"
#include "span_space.hpp"

namespace eventcore::detail {

/// Writes down the command's span and those of its attempts, and of what they spent their time on.
/// Requires: `record.span` is recorded under `gate`, and `record` has a timeline.
void write_command_spans(const TracerGate& gate, const CommandRecord& record,
                         std::string_view db_system) noexcept;

}  // namespace eventcore::detail
