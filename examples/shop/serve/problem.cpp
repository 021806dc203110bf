#include "serve/problem.hpp"

#include <nlohmann/json.hpp>

namespace shop {

namespace {

std::string_view title_of(std::uint16_t status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

eventcore::http::Response to_response(const Problem& problem) {
  nlohmann::ordered_json json;
  json["type"] = "urn:eventcore-shop:problem:" + std::string(problem.code);
  json["title"] = title_of(problem.status);
  json["status"] = problem.status;
  json["detail"] = problem.detail;
  json["code"] = problem.code;
  for (const FieldFault& fault : problem.faults) {
    json["errors"].push_back({{"pointer", fault.pointer}, {"detail", fault.detail}});
  }
  eventcore::http::Response response{
      .status = problem.status,
      .content_type = "application/problem+json",
      // Details quote what clients sent, which need not be UTF-8.
      .body = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  if (problem.status == 503) response.headers.push_back({"Retry-After", "1"});
  return response;
}

Problem problem_of(const eventcore::Rejection& rejection) {
  const std::string_view code = rejection.code.view();
  const bool never = code == "no_lines" || code == "bad_quantity" || code == "amount_too_large";
  return {.status = static_cast<std::uint16_t>(never ? 422 : 409),
          .code = code,
          .detail = rejection.message};
}

Problem problem_of(const eventcore::Error& error) {
  using eventcore::ErrorCode;
  switch (error.code) {
    case ErrorCode::KeyReused:
      return {422, "idempotency_key_reused", "The Idempotency-Key belongs to another request."};
    case ErrorCode::InvalidArgument:
    case ErrorCode::LimitExceeded:
      return {422, to_string(error.code), error.message};
    case ErrorCode::DeadlineExceeded:
      return {504, to_string(error.code), "The store did not answer in time; nothing was stored."};
    case ErrorCode::VersionConflict:
    case ErrorCode::Overloaded:
    case ErrorCode::ShuttingDown:
    case ErrorCode::Cancelled:
    case ErrorCode::Unavailable:
      return {503, to_string(error.code), "Nothing was stored; try again."};
    case ErrorCode::CommitInDoubt:
      return {503, to_string(error.code),
              "It is not known whether this was stored; try again with the same Idempotency-Key."};
    default:
      return {500, to_string(error.code), "The request could not be completed."};
  }
}

Problem problem_of_read(const eventcore::Error& error) {
  const Problem problem = problem_of(error);
  if (problem.status == 503) {
    return {503, problem.code, "The store can't be read at the moment; try again."};
  }
  if (problem.status == 504) return {504, problem.code, "The store did not answer in time."};
  return {500, problem.code, "What is stored could not be read."};
}

}  // namespace shop
