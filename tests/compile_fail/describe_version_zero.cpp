// expect: versions begin with 1
#include "eventcore/describe.hpp"

struct Opened {
#ifdef GOOD
  static constexpr auto describe() { return eventcore::describe_event("opened", 1); }
#else
  static constexpr auto describe() { return eventcore::describe_event("opened", 0); }
#endif
};

static_assert(eventcore::event_name<Opened> == "opened");
