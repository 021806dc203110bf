// A command that finds out while it reads what else it has to read: a unit of an organisation
// closes with all units below it. And one fold over several streams in the order of the log.

#include <iostream>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;

struct UnitAdded {
  // Reading an event begins with a default value, which an id does not have by itself.
  StreamId unit = StreamId::literal("none");
  static constexpr auto describe() {
    return describe_event("unit_added", 1, field("unit", &UnitAdded::unit));
  }
};
struct UnitClosed {
  static constexpr auto describe() { return describe_event("unit_closed", 1); }
};

// One unit, with links to those directly below it.
struct Unit {
  using Events = std::variant<UnitAdded, UnitClosed>;
  std::vector<StreamId> below;
  bool closed = false;

  static void apply(Unit& unit, const Events& event, const EventInfo&) {
    if (const auto* added = std::get_if<UnitAdded>(&event)) unit.below.push_back(added->unit);
    if (std::holds_alternative<UnitClosed>(event)) unit.closed = true;
  }
};

// One state over many streams, for what only the order of the log tells: which unit grew last.
struct Growth {
  using Events = std::variant<UnitAdded>;
  using Ignores = std::tuple<UnitClosed>;  // is on these streams too, and nothing to this fold
  std::string last;

  static void apply(Growth& growth, const Events&, const EventInfo& info) {
    growth.last = info.stream;
  }
};

// Units take turns in growing.
struct AddUnit {
  static constexpr std::string_view name = "add_unit";
  using Event = std::variant<UnitAdded>;
  StreamId to;
  StreamId unit;
  std::vector<StreamId> all;

  auto reads() const { return eventcore::reads(stream<Unit>(to), merged<Growth>(all)); }

  Decision handle(const Unit& above, const Growth& growth, Emitter<Event>& emit) const {
    if (above.closed) return reject("closed");
    if (growth.last == to.view()) return reject("grew_last");
    emit(to, UnitAdded{unit});
    return accept();
  }
};

struct CloseUnit {
  static constexpr std::string_view name = "close_unit";
  using Event = std::variant<UnitClosed>;
  StreamId unit;

  auto reads() const { return eventcore::reads(stream<Unit>(unit), discovered<Unit>()); }

  // Runs again with what it found until it asks for nothing new. All that is read is checked: a
  // unit that somebody adds meanwhile makes the command read and decide again.
  void discover(const Unit& top, const Folds<Unit>& found, Discovery& more) const {
    for (const StreamId& id : top.below) more.stream<Unit>(id);
    for (const Unit& other : found) {
      for (const StreamId& id : other.below) more.stream<Unit>(id);
    }
  }

  Decision handle(const Unit& top, const Folds<Unit>& found, Emitter<Event>& emit) const {
    if (top.closed) return reject("closed");
    emit(unit, UnitClosed{});
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].closed) emit(found.stream(i), UnitClosed{});
    }
    return accept();
  }
};

template <class C>
void run(CommandExecutor& executor, const C& command) {
  const Result<Executed<C>> result = executor.execute(command);
  std::cout << command_type<C> << ':';
  if (!result) std::cout << " failed, " << describe(result.error());
  if (result && result->rejected()) std::cout << " refused, " << result->rejection()->code;
  if (result && result->committed()) {
    for (const StreamId& stream : result->affected_streams()) std::cout << ' ' << stream.view();
  }
  std::cout << '\n';
}

int main() {
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor(*store);
  const StreamId firm = StreamId::literal("unit-firm");
  const StreamId sales = StreamId::literal("unit-sales");
  const StreamId asia = StreamId::literal("unit-asia");
  run(executor, AddUnit{firm, sales, {firm, sales}});
  run(executor, AddUnit{firm, asia, {firm, sales}});
  run(executor, AddUnit{sales, asia, {firm, sales}});
  run(executor, CloseUnit{firm});
  run(executor, AddUnit{asia, StreamId::literal("unit-japan"), {firm, sales, asia}});
}
