// Any bytes either are an event, and then survive a round trip, or are refused.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/json.hpp"

namespace {

using namespace eventcore;

struct Part {
  std::string name;
  std::optional<double> weight;
  static constexpr auto describe() {
    return describe_value(field("name", &Part::name), field("weight", &Part::weight));
  }
};

struct Everything {
  std::string text;
  std::int64_t number = 0;
  std::uint8_t small = 0;
  bool flag = false;
  std::vector<Part> parts;
  std::map<std::string, std::vector<std::int32_t>> named;

  static constexpr auto describe() {
    return describe_event("everything", 1, field("text", &Everything::text),
                          field("number", &Everything::number),
                          field_or("small", &Everything::small, std::uint8_t{1}),
                          field_or("flag", &Everything::flag, false),
                          field_or("parts", &Everything::parts,
                                   [] { return std::vector<Part>{}; }),
                          field_or("named", &Everything::named, [] {
                            return std::map<std::string, std::vector<std::int32_t>>{};
                          }));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Everything> event = from_json<Everything>(text);
  if (!event) return 0;
  const Result<std::string> written = to_json(*event);
  if (!written) std::abort();
  const Result<Everything> again = from_json<Everything>(*written);
  if (!again) std::abort();
  const Result<std::string> rewritten = to_json(*again);
  if (!rewritten || *rewritten != *written) std::abort();
  return 0;
}
