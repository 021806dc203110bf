// expect: event that its `Event` variant does not list
#include <variant>

#include "eventcore/emitter.hpp"
#include "eventcore/json.hpp"

struct Deposited {
  static constexpr auto describe() { return eventcore::describe_event("deposited", 1); }
};
struct Closed {
  static constexpr auto describe() { return eventcore::describe_event("closed", 1); }
};
#ifdef GOOD
using Event = std::variant<Deposited, Closed>;
#else
using Event = std::variant<Deposited>;
#endif

void close(eventcore::Emitter<Event>& emit) { emit(eventcore::StreamId::literal("a"), Closed{}); }
