// expect: (could not convert|no matching function|cannot convert|no viable conversion)
#include <string>

#include "eventcore/stream_id.hpp"

eventcore::StreamId of_customer(const std::string& name) {
#ifdef GOOD
  return eventcore::StreamId::of("customer-", name).value();
#else
  return eventcore::StreamId::literal("customer-" + name);
#endif
}
