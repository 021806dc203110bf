#include "eventcore/fold_stream.hpp"

#include "fold_errors.hpp"
#include "user_code.hpp"

namespace eventcore::detail {
namespace {

Result<void> apply_page(const EventPage& page, const FoldType& fold, void* state) {
  for (const StoredEvent& event : page.events) {
    const int alternative = fold.alternative(event.type);
    if (alternative == kIgnoredEvent) continue;
    if (alternative == kUnknownEvent) {
      if (fold.skips_unknown) continue;
      return unknown_to_fold(fold, event);
    }
    if (Result<void> applied = fold.apply_stored(state, alternative, event); !applied) {
      return at_event(std::move(applied).error(), event);
    }
  }
  return {};
}

}  // namespace

Result<StreamVersion> fold_stream(EventStore& store, const StreamId& stream, const FoldType& fold,
                                  void* state, StreamVersion version, Deadline deadline) {
  while (true) {
    Result<EventPage> page =
        store.read_stream(stream, {.from_version = version + 1, .deadline = deadline});
    if (!page) return std::move(page).error();
    Result<void> applied =
        guarded("apply()", fold.name, [&] { return apply_page(*page, fold, state); });
    if (!applied) return std::move(applied).error();
    if (!page->events.empty()) version = page->events.back().version;
    if (!page->more) return version;
  }
}

}  // namespace eventcore::detail
