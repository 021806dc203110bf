#pragma once

// The two halves of an encoded decision, for a store that writes them at different times.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "eventcore/position.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore::detail {

/// Begins a decision of `streams` streams; `encode_read` follows for each.
void begin_decision(std::size_t streams, std::string& out);
void encode_read(std::string_view stream, StreamVersion version, bool written, std::string& out);
/// Ends a decision.
void encode_interference(std::span<const Interference> interference, std::string& out);

}  // namespace eventcore::detail
