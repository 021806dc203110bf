// expect: two events of one set have the same stored name
#include <variant>

#include "eventcore/describe.hpp"

struct Opened {
  static constexpr auto describe() { return eventcore::describe_event("opened", 1); }
};

struct Closed {
#ifdef GOOD
  static constexpr auto describe() { return eventcore::describe_event("closed", 1); }
#else
  static constexpr auto describe() { return eventcore::describe_event("opened", 1); }
#endif
};

static_assert(eventcore::event_types<std::variant<Opened, Closed>>.size() == 2);
