#include "tracing_variables.hpp"

#include <charconv>
#include <initializer_list>
#include <string>

namespace eventcore::detail {
namespace {

using Report = std::function<void(std::string_view)>;

template <class Number>
std::optional<Number> number_of(const std::string& text) noexcept {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || read != end) return std::nullopt;
  return number;
}

double share_of(const Environment& environment, const Report& report) {
  constexpr const char* kName = "OTEL_TRACES_SAMPLER_ARG";
  const std::string text = environment(kName).value_or("");
  if (text.empty()) return 1;
  const auto share = number_of<double>(text);
  if (share && *share >= 0 && *share <= 1) return *share;
  report(std::string("eventcore: ") + kName + " is no number from 0 to 1; it is passed over");
  return 1;
}

/// The first of `names` that is set.
void set_limit(std::uint32_t& limit, const Environment& environment, const Report& report,
               std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const std::string text = environment(name).value_or("");
    if (text.empty()) continue;
    if (const auto number = number_of<std::uint32_t>(text)) {
      limit = *number;
      return;
    }
    report(std::string("eventcore: ") + name + " is no whole number; it is passed over");
  }
}

}  // namespace

Sampler sampler_of(const Environment& environment, const Report& report) {
  const std::string name = environment("OTEL_TRACES_SAMPLER").value_or("");
  const auto ratio = [&] { return Sampler::ratio(share_of(environment, report)); };
  if (name == "always_on") return Sampler::always_on();
  if (name == "always_off") return Sampler::always_off();
  if (name == "traceidratio") return ratio();
  if (name == "parentbased_always_off") return Sampler::always_off().parent_based();
  if (name == "parentbased_traceidratio") return ratio().parent_based();
  if (!name.empty() && name != "parentbased_always_on") {
    report("eventcore: OTEL_TRACES_SAMPLER=" + name +
           " is not supported; parentbased_always_on is used");
  }
  return Sampler::always_on().parent_based();
}

SpanLimits limits_of(const Environment& environment, const Report& report) {
  SpanLimits limits;
  set_limit(limits.attributes, environment, report,
            {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"});
  set_limit(limits.events, environment, report, {"OTEL_SPAN_EVENT_COUNT_LIMIT"});
  set_limit(limits.links, environment, report, {"OTEL_SPAN_LINK_COUNT_LIMIT"});
  set_limit(limits.text_bytes, environment, report,
            {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"});
  return limits;
}

}  // namespace eventcore::detail
