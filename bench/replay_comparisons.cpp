// How fast does a reader follow the whole log?

#include "comparisons.hpp"
#include "scratch_store.hpp"
#include "sqlite_alternatives.hpp"

namespace eventcore::bench {

namespace {

constexpr std::uint64_t kEvents = 500'000;

/// A store that all turns read; made when first needed.
class ReadStore {
 public:
  explicit ReadStore(const Effort& effort) : folder_(effort.folder) {}

  const std::filesystem::path& path() {
    if (path_.empty()) {
      path_ = folder_.file();
      const std::unique_ptr<EventStore> store = open_scratch(path_);
      fill_store(*store, stream_ids("account-", 10'000), kEvents);
      const Result<void> closed = store->close({});
      if (!closed) give_up(describe(closed.error()));
    }
    return path_;
  }

 private:
  ScratchFolder folder_;
  std::filesystem::path path_;
};

double replay(const std::filesystem::path& path, bool decoded) {
  return run_replay(*open_scratch(path), kEvents, decoded);
}

}  // namespace

std::vector<Comparison> replay_comparisons(const Effort& effort) {
  const auto store = std::make_shared<ReadStore>(effort);
  const Side bare{"bare SELECT loop", [store] { return bare_select(store->path()); }};
  return {
      {"sqlite, replay",
       "what does the store add to SQLite's own scan?",
       {"pages of events", [store] { return replay(store->path(), false); }},
       bare,
       0.7},
      {"sqlite, replay decoded",
       "and with every event decoded into its struct?",
       {"decoded events", [store] { return replay(store->path(), true); }},
       bare,
       0.5},
  };
}

}  // namespace eventcore::bench
