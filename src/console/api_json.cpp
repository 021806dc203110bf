#include "api_json.hpp"

#include <cmath>
#include <utility>

#include "../core/whole_number.hpp"
#include "../http/wire_text.hpp"

namespace eventcore::console {
namespace {

http::Response kept_by_nobody(http::Response response) {
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  return response;
}

std::uint16_t status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::LimitExceeded:
      return 400;
    case ErrorCode::LeaseLost:
    case ErrorCode::VersionConflict:
      return 409;
    case ErrorCode::DeadlineExceeded:
      return 504;
    default:
      return 503;
  }
}

}  // namespace

Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  const double result = std::round(value * scale) / scale;
  if (!std::isfinite(result)) return value;
  if (result == std::floor(result) && std::abs(result) < 1e15) {
    return static_cast<std::int64_t>(result);
  }
  return result;
}

Json time_json(Timestamp time) {
  if (time == Timestamp{}) return nullptr;
  return http::detail::utc_text(time);
}

std::int64_t unix_ms(Timestamp time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

http::Response answer(const Json& json, std::uint16_t status) {
  return kept_by_nobody(http::json_response(status, text_of(json) + "\n"));
}

http::Response answer_text(std::string json) {
  return kept_by_nobody(http::json_response(200, std::move(json)));
}

http::Response refuse(const Error& error) {
  const std::uint16_t status = status_of(error.code);
  const std::string detail = status == 400 ? error.message : std::string(to_string(error.code));
  return refuse(status, detail);
}

http::Response refuse(std::uint16_t status, std::string_view detail) {
  http::Response response = http::problem(status, detail);
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  return kept_by_nobody(std::move(response));
}

std::optional<std::uint64_t> number_in(const http::Request& request, std::string_view name,
                                       std::uint64_t fallback, std::uint64_t max) {
  const std::optional<std::string> text = request.query_parameter(name);
  if (!text || text->empty()) return fallback;
  const std::optional<std::uint64_t> value = eventcore::detail::parse_whole_number(*text);
  return value && *value <= max ? value : std::nullopt;
}

}  // namespace eventcore::console
