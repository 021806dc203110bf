// expect: an event with `Previous` needs `static E upcast
#include "eventcore/json.hpp"

using namespace eventcore;

struct PlacedV1 {
  static constexpr auto describe() { return describe_event("placed", 1); }
};
struct Placed {
  using Previous = PlacedV1;
  static constexpr auto describe() { return describe_event("placed", 2); }
#ifdef GOOD
  static Placed upcast(PlacedV1&&) { return {}; }
#else
  static Placed up_cast(PlacedV1&&) { return {}; }
#endif
};

bool reads_old(std::string_view bytes) { return decode_event<Placed>(1, bytes).has_value(); }
