#pragma once

/// \file
/// `Problem`: an error of the API as a problem document (RFC 9457).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <eventcore/decision.hpp>
#include <eventcore/error.hpp>
#include <eventcore/http_message.hpp>

namespace shop {

/// A fault in one place of a request's JSON.
struct FieldFault {
  std::string pointer;  ///< JSON pointer (RFC 6901), as `/lines/3/quantity`.
  std::string detail;
};

struct Problem {
  std::uint16_t status = 500;
  /// What clients branch on: the last part of the document's `type`.
  std::string_view code;
  std::string detail;
  std::vector<FieldFault> faults = {};
};

/// `application/problem+json`.
[[nodiscard]] eventcore::http::Response to_response(const Problem& problem);

/// A command was refused by the business rules: 409, or 422 for what can never be accepted.
[[nodiscard]] Problem problem_of(const eventcore::Rejection& rejection);

/// A command failed. What the client can't change is told without internals.
[[nodiscard]] Problem problem_of(const eventcore::Error& error);

/// A read failed. Never 4xx: whoever reads can do nothing about what is stored.
[[nodiscard]] Problem problem_of_read(const eventcore::Error& error);

}  // namespace shop
