// Any target of a request is answered. What a handler is given are values that, encoded again, lead
// to the same route with the same values.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router.hpp"

namespace {

using namespace eventcore::http;

/// What a handler saw.
struct Seen {
  std::string route;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool operator==(const Seen&) const = default;
};

/// A server's routes, and what their handlers saw last.
struct Routes {
  Routes() {
    for (const char* const path : {"/", "/orders/{id}", "/orders/latest", "/{a}/{b}/items/{c}"}) {
      router.add(Method::Get, path, [this](const Request& request) { return see(request); });
    }
    router.add(Method::Post, "/orders", [this](const Request& request) { return see(request); });
  }

  Response see(const Request& request) {
    seen.route = request.route;
    seen.parameters.clear();
    for (const auto& [name, value] : request.parameters) {
      seen.parameters.emplace_back(name, value);
      const bool is_whole = !value.empty() && value.find('\0') == std::string::npos;
      if (!is_whole || request.parameter(name) != value) std::abort();
    }
    const auto value = request.query_parameter("a");
    if (value && request.query.find('a') == std::string::npos &&
        request.query.find('%') == std::string::npos) {
      std::abort();
    }
    return Response{};
  }

  detail::Router router;
  Seen seen;
};

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
  }
  return out;
}

std::string target_of(const Seen& seen) {
  std::string target = seen.route;
  for (const auto& [name, value] : seen.parameters) {
    const std::string place = "{" + name + "}";
    target.replace(target.find(place), place.size(), encoded(value));
  }
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Routes routes;
  Request request;
  request.method = static_cast<Method>(data[0] % 7);
  request.target.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint16_t status = routes.router.serve(request).status;
  constexpr std::array<std::uint16_t, 4> kAnswers{200, 400, 404, 405};
  if (std::find(kAnswers.begin(), kAnswers.end(), status) == kAnswers.end()) std::abort();
  if (status != 200) {
    if (!request.route.empty()) std::abort();
    return 0;
  }
  const Seen first = routes.seen;
  Request again;
  again.method = request.method;
  again.target = target_of(first);
  const bool is_latest = first.parameters.size() == 1 && first.parameters[0].second == "latest";
  if (routes.router.serve(again).status != 200 || is_latest || routes.seen != first) std::abort();
  return 0;
}
