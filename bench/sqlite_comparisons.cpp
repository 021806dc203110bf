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
  std::string payload;
  if (!encode_event(event_of_300_bytes(), payload)) give_up("the event can't be encoded");
  return {folder.file(), callers, kStreams, payload, seconds};
}

double blocking(const Effort& effort, int callers) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  CommandExecutor executor(*store);
  return run_blocking(executor, callers, uniform_pairs(stream_ids("account-", kStreams)),
                      effort.seconds);
}

/// Executes a command on every stream: what is measured is the store, not the first reads.
void warm_up(CommandExecutor& executor, const std::vector<StreamId>& ids) {
  constexpr std::size_t kStreamsOfACommand = 500;
  for (std::size_t begin = 0; begin < ids.size(); begin += kStreamsOfACommand) {
    RecordMany command{{}, &event_of_300_bytes()};
    for (std::size_t i = begin; i < std::min(begin + kStreamsOfACommand, ids.size()); ++i) {
      command.ids.push_back(ids[i]);
    }
    const auto result = executor.execute(command);
    if (!result) give_up(describe(result.error()));
  }
}

double in_flight(const Effort& effort, int commands, std::uint64_t stored_events) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  const std::vector<StreamId>& ids = stream_ids("account-", kStreams);
  fill_store(*store, ids, stored_events);
  CommandExecutor executor(*store);
  warm_up(executor, ids);
  return run_in_flight(executor, commands, uniform_pairs(ids), effort.seconds);
}

Side commit_each(const Effort& effort, int callers) {
  return {"unique index, commit per command", [effort, callers] {
            const ScratchFolder folder(effort.folder);
            return commit_per_command(load_at(folder, callers, effort.seconds));
          }};
}

double warm_states(const Effort& effort) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  const std::vector<StreamId>& ids = stream_ids("warm-", 1'000);
  fill_store(*store, ids, ids.size() * 50);
  CommandExecutor executor(*store);
  warm_up(executor, ids);
  return run_in_flight(executor, 128, uniform_pairs(ids), effort.seconds);
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

}  // namespace

std::vector<Comparison> sqlite_comparisons(const Effort& effort) {
  const auto callers_16 = [effort] { return blocking(effort, 16); };
  return {
      {"sqlite, 16 callers, commit per command", "what does group commit give blocking callers?",
       {"executor", callers_16}, commit_each(effort, 16), 4, 6},
      {"sqlite, 16 callers, connection per thread", "the same against what embedded peers do",
       {"executor", callers_16},
       {"connection per thread", [effort] {
          const ScratchFolder folder(effort.folder);
          return connection_per_thread(load_at(folder, 16, effort.seconds));
        }},
       4, 7},
      {"sqlite, 128 in flight", "what do submitted commands give?",
       {"executor", [effort] { return in_flight(effort, 128, 0); }}, commit_each(effort, 16), 8,
       18},
      {"sqlite, 1,024 in flight", "and very many of them?",
       {"executor", [effort] { return in_flight(effort, 1'024, 0); }}, commit_each(effort, 16), 12,
       20},
      {"sqlite, 1,024 in flight, bare group commit", "how far is it from the bound?",
       {"executor", [effort] { return in_flight(effort, 1'024, 0); }},
       {"bare group commit of 512, no stream index", [effort] {
          const ScratchFolder folder(effort.folder);
          return bare_group_commit(load_at(folder, 1, effort.seconds), 512);
        }},
       0.3},
      {"sqlite, full store against empty", "does it stay fast as it grows?",
       {"many events stored", [effort] { return in_flight(effort, 128, effort.stored_events); }},
       {"empty store", [effort] { return in_flight(effort, 128, 0); }}, 0.8},
      {"sqlite, warm states of 50 events", "what do cached states give, group commit on both sides?",
       {"executor", [effort] { return warm_states(effort); }},
       {"groups of 128 that read both streams, fold, append", [effort] {
          const ScratchFolder folder(effort.folder);
          SqliteLoad load = load_at(folder, 1, effort.seconds);
          load.streams = 1'000;
          return read_and_fold(load, 50, 128);
        }},
       4},
      {"sqlite, shop's mix, 21 streams a command", "what do hot streams cost?",
       {"popular products", [effort] { return many(effort, baskets(stream_ids("product-", 3'000))); }},
       {"the same without shared streams",
        [effort] { return many(effort, disjoint(stream_ids("product-", 21 * 10'000))); }},
       0.7},
  };
}

}  // namespace eventcore::bench
