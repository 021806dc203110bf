// expect: the stored name is not letters
#include "eventcore/describe.hpp"

struct Opened {
#ifdef GOOD
  static constexpr auto describe() { return eventcore::describe_event("order.opened", 1); }
#else
  static constexpr auto describe() { return eventcore::describe_event("order opened", 1); }
#endif
};

static_assert(!eventcore::event_name<Opened>.empty());
