// expect: an older version has a lower version
#include "eventcore/codec.hpp"
#include "eventcore/json.hpp"

struct OpenedBefore {
#ifdef GOOD
  static constexpr auto describe() { return eventcore::describe_event("opened", 1); }
#else
  static constexpr auto describe() { return eventcore::describe_event("opened", 2); }
#endif
};

struct Opened {
  using Previous = OpenedBefore;
  static constexpr auto describe() { return eventcore::describe_event("opened", 2); }
  static Opened upcast(OpenedBefore&&) { return {}; }
};

bool is_read(std::string_view bytes) {
  return eventcore::decode_event<Opened>(1, bytes).has_value();
}
