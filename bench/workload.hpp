#pragma once

/// \file
/// What the benchmarks do: commands that append an event of about 300 bytes to each of their
/// streams, and the ways to keep some of them in flight.

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

namespace eventcore::bench {

struct Recorded {
  std::string text;
  std::int64_t quantity = 0;
  static constexpr auto describe() {
    return describe_event("recorded", 1, field("text", &Recorded::text),
                          field("quantity", &Recorded::quantity));
  }
};

struct Tally {
  using Events = std::variant<Recorded>;
  std::int64_t total = 0;
  static void apply(Tally& tally, const Events& event, const EventInfo&) {
    tally.total += std::get<Recorded>(event).quantity;
  }
};

/// Appends one event to each of two streams.
struct RecordTwo {
  static constexpr std::string_view name = "record_two";
  using Event = std::variant<Recorded>;
  StreamId first;
  StreamId second;
  const Recorded* event = nullptr;

  auto reads() const { return eventcore::reads(stream<Tally>(first), stream<Tally>(second)); }
  Decision handle(const Tally&, const Tally&, Emitter<Event>& emit) const {
    emit(first, *event);
    emit(second, *event);
    return accept();
  }
};

/// Appends one event to each of several streams.
struct RecordMany {
  static constexpr std::string_view name = "record_many";
  using Event = std::variant<Recorded>;
  std::vector<StreamId> ids;
  const Recorded* event = nullptr;

  auto reads() const { return eventcore::reads(streams<Tally>(ids)); }
  Decision handle(const Folds<Tally>&, Emitter<Event>& emit) const {
    for (const StreamId& id : ids) emit(id, *event);
    return accept();
  }
};

/// An event whose JSON has about 300 bytes.
[[nodiscard]] const Recorded& event_of_300_bytes();
/// Its stored form.
[[nodiscard]] std::string encoded_event();
/// `count` ids, made once for each prefix.
[[nodiscard]] const std::vector<StreamId>& stream_ids(const std::string& prefix, std::size_t count);

/// Picks commands at random. One a thread.
using NextTwo = std::function<RecordTwo(std::mt19937_64&)>;
using NextMany = std::function<RecordMany(std::mt19937_64&)>;
/// Two different streams of `ids`, uniformly.
[[nodiscard]] NextTwo uniform_pairs(const std::vector<StreamId>& ids);
/// `width` different streams of `ids`, one from each of as many equal parts.
[[nodiscard]] NextMany uniform_sets(const std::vector<StreamId>& ids, std::size_t width);

[[nodiscard]] double wall_seconds();
/// Processor time of this process so far.
[[nodiscard]] double cpu_seconds();
/// Commands a second of one caller, once the executor is warm; a second is one of `clock`.
[[nodiscard]] double run_warm(CommandExecutor& executor, int commands,
                              double (*clock)() = wall_seconds);
/// Commands a second with `callers` threads that wait for each result.
[[nodiscard]] double run_blocking(CommandExecutor& executor, int callers, const NextTwo& next,
                                  double seconds);
/// Commands a second with `in_flight` submitted commands, each followed by the next.
[[nodiscard]] double run_in_flight(CommandExecutor& executor, int in_flight, const NextTwo& next,
                                   double seconds);
[[nodiscard]] double run_in_flight(CommandExecutor& executor, int in_flight, const NextMany& next,
                                   double seconds);
/// Batches a second that one thread appends to two of `ids` each, without an executor, `in_flight`
/// at a time.
[[nodiscard]] double run_appends(EventStore& store, const std::vector<StreamId>& ids,
                                 std::size_t in_flight, double seconds);
/// Executes a command on every stream: what is measured afterwards is not its first read.
void warm_up(CommandExecutor& executor, const std::vector<StreamId>& ids);
/// Events a second of a reader that follows the log from its start to its head, which is `expected`
/// events on; `decoded`: makes each of them its struct.
[[nodiscard]] double run_replay(EventStore& store, std::uint64_t expected, bool decoded);
/// Ends the program with a message: a benchmark whose work fails measures nothing.
[[noreturn]] void give_up(const std::string& message);

}  // namespace eventcore::bench
