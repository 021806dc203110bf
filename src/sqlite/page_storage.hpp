#pragma once

// `PageStorage`: the memory of one page of events: its bytes, and what its views point into.

#include <deque>
#include <memory>
#include <string_view>

#include "eventcore/detail/page_bytes.hpp"
#include "eventcore/event_page.hpp"
#include "head_table.hpp"
#include "type_table.hpp"

namespace eventcore::sqlite {

/// Thread-safety: One thread at a time until the page is handed over.
struct PageStorage {
  [[nodiscard]] std::string_view copy(std::string_view text) { return bytes.copy(text); }

  detail::PageBytes bytes;
  std::deque<StoredBatch> batches;
  std::shared_ptr<const NameArena> names;
  std::shared_ptr<const TypeNames> types;
};

}  // namespace eventcore::sqlite
