#include "router.hpp"

#include <algorithm>
#include <optional>

#include "eventcore/assert.hpp"
#include "url_text.hpp"

namespace eventcore::http::detail {
namespace {

bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string_view name_of(std::string_view segment) { return segment.substr(1, segment.size() - 2); }

/// Orders templates so that a literal segment comes before a name in the same place.
bool is_before(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (is_name(a[i]) != is_name(b[i])) return !is_name(a[i]);
  }
  return false;
}

/// Templates that match the same paths.
bool is_same(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return is_name(x) ? is_name(y) : x == y; });
}

/// The decoded segments of the path, or nothing if an escape is broken.
std::optional<std::vector<std::string>> decoded_segments(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string_view segment : segments_of(path)) {
    std::optional<std::string> decoded = percent_decoded(segment, false);
    if (!decoded) return std::nullopt;
    segments.push_back(*std::move(decoded));
  }
  return segments;
}

/// Splits the target into path and query; false if it is neither of these nor a URL.
bool split_target(Request& request) {
  constexpr std::string_view kScheme = "http://";
  std::string_view target = request.target;
  bool is_bare = false;  // a URL without a path
  if (target.starts_with(kScheme)) {
    target.remove_prefix(std::min(target.find_first_of("/?", kScheme.size()), target.size()));
    if (target.empty() || target.front() == '?') is_bare = true;
  }
  if (!is_bare && !target.starts_with('/')) return false;
  const std::size_t mark = target.find('?');
  request.path = is_bare ? "/" : target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  return true;
}

}  // namespace

void Router::add(Method method, std::string_view path_template, Handler handler) {
  EVENTCORE_ASSERT(path_template.starts_with('/'), path_template);
  Route route{method, std::string(path_template), {}, std::move(handler)};
  for (const std::string_view segment : segments_of(path_template)) {
    route.segments.emplace_back(segment);
  }
  for (const Route& other : routes_) {
    EVENTCORE_ASSERT(other.method != method || !is_same(other.segments, route.segments),
                     path_template);
  }
  const auto place = std::find_if(routes_.begin(), routes_.end(), [&](const Route& other) {
    return is_before(route.segments, other.segments);
  });
  routes_.insert(place, std::move(route));
}

bool Router::matches(const Route& route, const std::vector<std::string>& segments) noexcept {
  return std::equal(route.segments.begin(), route.segments.end(), segments.begin(), segments.end(),
                    [](const std::string& pattern, const std::string& segment) {
                      return is_name(pattern) ? !segment.empty() : pattern == segment;
                    });
}

const Router::Route* Router::find(Method method, const std::vector<std::string>& segments) const {
  for (const Route& route : routes_) {
    if (route.method == method && matches(route, segments)) return &route;
  }
  return method == Method::Head ? find(Method::Get, segments) : nullptr;
}

Response Router::refuse(const std::vector<std::string>& segments) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route, segments)) continue;
    allowed.append(allowed.empty() ? "" : ", ").append(to_string(route.method));
    if (route.method == Method::Get) allowed += ", HEAD";
  }
  if (allowed.empty()) return problem(404, "There is nothing at this path.");
  Response response = problem(405, "This path takes " + allowed + ".");
  response.headers.push_back({"Allow", allowed});
  return response;
}

Response Router::serve(Request& request) const {
  if (!split_target(request)) return problem(400, "The request's target is not a path.");
  const std::optional<std::vector<std::string>> segments = decoded_segments(request.path);
  if (!segments) return problem(400, "The path has a broken percent-escape.");
  try {
    if (guard) {
      if (auto refused = guard(request)) return *std::move(refused);
    }
  } catch (...) {
    return problem(500, "The request failed inside the server.");
  }
  const Route* route = find(request.method, *segments);
  if (route == nullptr) return refuse(*segments);
  request.route = route->path_template;
  for (std::size_t i = 0; i < segments->size(); ++i) {
    if (is_name(route->segments[i])) {
      request.parameters.emplace_back(name_of(route->segments[i]), (*segments)[i]);
    }
  }
  try {
    return route->handler(request);
  } catch (...) {
    // The text of an exception may hold what clients must not see.
    return problem(500, "The request failed inside the server.");
  }
}

}  // namespace eventcore::http::detail
