#pragma once

/// \file
/// `BookAdjustment`: corrects the books, as for a bad debt. It touches one stream only, since no
/// goods move.

#include <chrono>
#include <string_view>
#include <variant>
#include <vector>

#include <eventcore/command.hpp>

#include "domain/documents.hpp"
#include "domain/events.hpp"
#include "domain/lines.hpp"

namespace shop {

struct BookAdjustment {
  static constexpr std::string_view name = "book_adjustment";
  using Event = std::variant<AdjustmentBooked>;

  AdjustmentId id;
  std::chrono::sys_seconds booked_at{};
  std::vector<Line> lines;

  auto reads() const { return eventcore::reads(eventcore::stream<Adjustment>(id.stream())); }

  /// Refuses with: already_booked, no_lines, bad_quantity, amount_too_large.
  eventcore::Decision handle(const Adjustment& former, eventcore::Emitter<Event>& emit) const;
};

}  // namespace shop
