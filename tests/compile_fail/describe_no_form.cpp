// expect: eventcore::json has no form for this type
#include <string>

#include "eventcore/json.hpp"

struct Address {
  std::string city;
#ifdef GOOD
  static constexpr auto describe() {
    return eventcore::describe_value(eventcore::field("city", &Address::city));
  }
#endif
};

struct Moved {
  Address address;
  static constexpr auto describe() {
    return eventcore::describe_event("moved", 1, eventcore::field("address", &Moved::address));
  }
};

bool is_read(std::string_view bytes) {
  return eventcore::decode_event<Moved>(1, bytes).has_value();
}
