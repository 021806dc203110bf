// What do durable commands cost on SQLite, against what one would write without us?

#include <algorithm>
#include <cmath>

#include "comparisons.hpp"
#include "scratch_store.hpp"
#include "sqlite_alternatives.hpp"

namespace eventcore::bench {

namespace {

constexpr std::size_t kStreams = 10'000;
constexpr std::size_t kShopLines = 21;

SqliteLoad load_at(const ScratchFolder& folder, int callers, double seconds) {
  return {.path = folder.file(),
          .callers = callers,
          .streams = kStreams,
          .payload = encoded_event(),
          .seconds = seconds};
}

double blocking(const Effort& effort, int callers) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  CommandExecutor executor(*store);
  return run_blocking(executor, callers, uniform_pairs(stream_ids("account-", kStreams)),
                      effort.seconds);
}

/// Submitted commands on a store that holds `stored_events` on `ids`.
template <class Next>
double in_flight(const Effort& effort, int commands, const std::vector<StreamId>& ids,
                 const Next& next, std::uint64_t stored_events = 0,
                 const CommandExecutorOptions& options = {}) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  fill_store(*store, ids, stored_events);
  CommandExecutor executor(*store, options);
  warm_up(executor, ids);
  return run_in_flight(executor, commands, next, effort.seconds);
}

double pairs_in_flight(const Effort& effort, int commands, std::uint64_t stored_events = 0) {
  const std::vector<StreamId>& ids = stream_ids("account-", kStreams);
  return in_flight(effort, commands, ids, uniform_pairs(ids), stored_events);
}

double store_alone(const Effort& effort, std::size_t appends) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  return run_appends(*store, stream_ids("account-", kStreams), appends, effort.seconds);
}

/// Commands on streams that hold 50 events; without cached states each reads and folds them.
double on_long_streams(const Effort& effort, bool cached) {
  const std::vector<StreamId>& ids = stream_ids("long-", 1'000);
  CommandExecutorOptions options;
  if (!cached) options.cached_streams_max = 1;
  return in_flight(effort, 128, ids, uniform_pairs(ids), ids.size() * 50, options);
}

/// Products by popularity: a few are in very many baskets (Zipf with exponent 0.8).
NextMany baskets(const std::vector<StreamId>& products) {
  std::vector<double> cumulative;
  double total = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    total += 1.0 / std::pow(static_cast<double>(i + 1), 0.8);
    cumulative.push_back(total);
  }
  return [&products, cumulative, total](std::mt19937_64& random) {
    RecordMany command{{}, &event_of_300_bytes()};
    std::vector<std::size_t> chosen;
    while (chosen.size() < kShopLines) {
      const double at = std::uniform_real_distribution<>(0, total)(random);
      const auto index = static_cast<std::size_t>(
          std::lower_bound(cumulative.begin(), cumulative.end(), at) - cumulative.begin());
      if (std::find(chosen.begin(), chosen.end(), index) != chosen.end()) continue;
      chosen.push_back(index);
      command.ids.push_back(products[index]);
    }
    return command;
  };
}

/// As many streams a command, which no other command under way uses.
NextMany disjoint(const std::vector<StreamId>& products) {
  return [&products](std::mt19937_64& random) {
    RecordMany command{{}, &event_of_300_bytes()};
    const std::size_t groups = products.size() / kShopLines;
    const std::size_t group = random() % groups;
    for (std::size_t i = 0; i < kShopLines; ++i) {
      command.ids.push_back(products[group * kShopLines + i]);
    }
    return command;
  };
}

double many(const Effort& effort, const NextMany& next) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  CommandExecutor executor(*store);
  return run_in_flight(executor, 128, next, effort.seconds);
}

Side commit_each(const Effort& effort, int callers, std::size_t width = 2) {
  return {"unique index, commit per command", [effort, callers, width] {
            const ScratchFolder folder(effort.folder);
            SqliteLoad load = load_at(folder, callers, effort.seconds);
            load.width = width;
            return commit_per_command(load);
          }};
}

Side read_and_fold_of_50(const Effort& effort) {
  return {"groups of 128 that read both streams, fold, append", [effort] {
            const ScratchFolder folder(effort.folder);
            SqliteLoad load = load_at(folder, 1, effort.seconds);
            load.streams = 1'000;
            return read_and_fold(load, 50, 128);
          }};
}

Comparison of_callers(const Effort& effort, int callers, double target, std::optional<double> aim) {
  return {"sqlite, " + std::to_string(callers) + " callers, commit per command",
          "what does group commit give blocking callers?",
          {"executor", [effort, callers] { return blocking(effort, callers); }},
          commit_each(effort, callers),
          target,
          aim};
}

Comparison of_width(const Effort& effort, std::size_t width) {
  const std::vector<StreamId>& ids = stream_ids("account-", kStreams);
  return {"sqlite, 128 in flight, streams a command: " + std::to_string(width),
          "how does the width of a command count?",
          {"executor",
           [effort, &ids, width] { return in_flight(effort, 128, ids, uniform_sets(ids, width)); }},
          commit_each(effort, 16, width)};
}

Comparison of_stored(const Effort& effort, std::uint64_t events, double target) {
  return {"sqlite, " + std::to_string(events) + " events stored, against empty",
          "does it stay fast as it grows?",
          {"events stored", [effort, events] { return pairs_in_flight(effort, 128, events); }},
          {"empty store", [effort] { return pairs_in_flight(effort, 128); }},
          target};
}

}  // namespace

std::vector<Comparison> sqlite_comparisons(const Effort& effort) {
  const Side callers_16{"executor", [effort] { return blocking(effort, 16); }};
  const Side flying_1024{"executor", [effort] { return pairs_in_flight(effort, 1'024); }};
  return {
      of_callers(effort, 1, 0, {}),
      of_callers(effort, 16, 4, 6),
      of_callers(effort, 64, 0, {}),
      {"sqlite, 16 callers, connection per thread",
       "the same against what embedded peers do",
       callers_16,
       {"connection per thread",
        [effort] {
          const ScratchFolder folder(effort.folder);
          return connection_per_thread(load_at(folder, 16, effort.seconds));
        }},
       4,
       7},
      {"sqlite, 128 in flight",
       "what do submitted commands give?",
       {"executor", [effort] { return pairs_in_flight(effort, 128); }},
       commit_each(effort, 16),
       8,
       18},
      {"sqlite, 1,024 in flight", "and very many of them?", flying_1024, commit_each(effort, 16),
       12, 20},
      {"sqlite, 1,024 in flight, store alone",
       "what does the executor cost?",
       flying_1024,
       {"appends without executor", [effort] { return store_alone(effort, 1'024); }}},
      {"sqlite, 1,024 in flight, bare group commit",
       "how far is it from the bound?",
       flying_1024,
       {"bare group commit of 512, no stream index",
        [effort] {
          const ScratchFolder folder(effort.folder);
          return bare_group_commit(load_at(folder, 1, effort.seconds), 512);
        }}},
      of_width(effort, 1),
      of_width(effort, kShopLines),
      of_stored(effort, effort.stored_events / 4, 0),
      of_stored(effort, effort.stored_events, 0.8),
      {"sqlite, warm states of 50 events",
       "what do cached states give, group commit on both sides?",
       {"executor", [effort] { return on_long_streams(effort, true); }},
       read_and_fold_of_50(effort),
       4},
      {"sqlite, cold states of 50 events",
       "and without them?",
       {"executor without cache", [effort] { return on_long_streams(effort, false); }},
       read_and_fold_of_50(effort)},
      {"sqlite, shop's mix, 21 streams a command",
       "what do hot streams cost?",
       {"popular products",
        [effort] { return many(effort, baskets(stream_ids("product-", 3'000))); }},
       {"the same without shared streams",
        [effort] { return many(effort, disjoint(stream_ids("product-", 21 * 10'000))); }},
       0.7},
  };
}

}  // namespace eventcore::bench
