#include "resource.hpp"

#include <unistd.h>

#include <map>
#include <protozero/pbf_writer.hpp>

#include "valid_text.hpp"
#include "wire.hpp"

namespace eventcore::detail {
namespace {

// Field numbers of opentelemetry/proto/{resource,common}/v1.
constexpr protozero::pbf_tag_type kResource = 1, kScope = 1, kAttribute = 1, kScopeName = 1,
                                  kScopeVersion = 2, kKey = 1, kValue = 2, kStringValue = 1;
constexpr std::uint32_t kResourceItems = 1, kScopeItems = 2;

/// As the specification asks for where nothing names the service.
std::string unknown_service() {
  char path[4'096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "unknown_service";
  const std::string_view text(path, static_cast<std::size_t>(length));
  return "unknown_service:" + std::string(text.substr(text.rfind('/') + 1));
}

}  // namespace

std::vector<ResourceAttribute> resource_of(const OtlpOptions& options,
                                           const Environment& environment,
                                           const std::function<void(std::string_view)>& report) {
  std::map<std::string, std::string> found;
  const auto variable = [&](std::string_view name) { return environment(name).value_or(""); };
  const std::string deployed = variable("ENVIRONMENT");
  found["deployment.environment"] = deployed.empty() ? "unknown" : deployed;
  const auto pairs = parse_pairs(variable("OTEL_RESOURCE_ATTRIBUTES"));
  if (pairs) {
    for (const auto& [key, value] : *pairs) found[key] = value;
  } else {
    report(
        "eventcore: OTEL_RESOURCE_ATTRIBUTES is not of the form key=value,key=value; it is passed "
        "over");
  }
  if (std::string name = variable("OTEL_SERVICE_NAME"); !name.empty()) {
    found["service.name"] = std::move(name);
  }
  for (const ResourceAttribute& one : options.resource) found[one.key] = one.value;
  if (!options.service_name.empty()) found["service.name"] = options.service_name;
  if (!options.service_version.empty()) found["service.version"] = options.service_version;
  if (found["service.name"].empty()) {
    found["service.name"] =
        options.service_name_fallback.empty() ? unknown_service() : options.service_name_fallback;
  }
  found["telemetry.sdk.name"] = "eventcore";
  found["telemetry.sdk.language"] = "cpp";
  found["telemetry.sdk.version"] = EVENTCORE_VERSION;
  std::vector<ResourceAttribute> resource;
  resource.reserve(found.size());
  for (auto& [key, value] : found) resource.push_back({key, value});
  return resource;
}

RequestFrame::RequestFrame(const std::vector<ResourceAttribute>& resource) {
  {
    protozero::pbf_writer writer(resource_);
    protozero::pbf_writer message(writer, kResource);
    for (const ResourceAttribute& one : resource) {
      protozero::pbf_writer attribute(message, kAttribute);
      attribute.add_string(kKey, as_utf8(one.key));
      protozero::pbf_writer value(attribute, kValue);
      value.add_string(kStringValue, as_utf8(one.value));
    }
  }
  protozero::pbf_writer writer(scope_);
  protozero::pbf_writer message(writer, kScope);
  message.add_string(kScopeName, "eventcore");
  message.add_string(kScopeVersion, EVENTCORE_VERSION);
}

std::string RequestFrame::around(std::string_view items) const {
  const std::size_t scope_size = scope_.size() + items.size();
  const std::size_t resource_size = resource_.size() + wire::bytes_size(scope_size);
  std::string request(wire::bytes_size(resource_size), '\0');
  wire::Writer out(request.data());
  out.open(kResourceItems, resource_size);
  out.raw(resource_.data(), resource_.size());
  out.open(kScopeItems, scope_size);
  out.raw(scope_.data(), scope_.size());
  out.raw(items.data(), items.size());
  return request;
}

}  // namespace eventcore::detail
