// expect: constant expression|consteval|call to
#include <string>

#include "eventcore/decision.hpp"

eventcore::Decision refuse(const std::string& input) {
#ifdef GOOD
  return eventcore::reject("out_of_stock", input);
#else
  return eventcore::reject(input.c_str());
#endif
}
