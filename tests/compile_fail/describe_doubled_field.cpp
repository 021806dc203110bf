// expect: two fields have the same stored name
#include <string>

#include "eventcore/describe.hpp"

struct Opened {
  std::string order;
  std::string customer;

  static constexpr auto describe() {
#ifdef GOOD
    return eventcore::describe_event("opened", 1, eventcore::field("order", &Opened::order),
                                     eventcore::field("customer", &Opened::customer));
#else
    return eventcore::describe_event("opened", 1, eventcore::field("order", &Opened::order),
                                     eventcore::field("order", &Opened::customer));
#endif
  }
};

static_assert(eventcore::event_name<Opened> == "opened");
