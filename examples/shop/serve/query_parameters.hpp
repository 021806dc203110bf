#pragma once

/// \file
/// `QueryParameters`: the query of a request, read strictly: a mistyped filter must not become an
/// answer without one.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <eventcore/http_message.hpp>

namespace shop {

/// Thread-safety: One thread at a time. Ownership: the request must outlive it.
class QueryParameters {
 public:
  /// Names that are not `allowed`, and such as come twice, are faults.
  QueryParameters(const eventcore::http::Request& request,
                  std::initializer_list<std::string_view> allowed);

  // Nothing if it is absent, or a fault.
  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, std::int64_t smallest,
                                                   std::int64_t largest);
  /// A date such as `2010-12-24`.
  [[nodiscard]] std::optional<std::chrono::sys_days> day(std::string_view name);

  /// What is wrong, for the client; empty if nothing is.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  void refuse(std::string_view name, std::string_view why);

  const eventcore::http::Request& request_;
  std::string fault_;
};

/// `day` as `2010-12-24`.
[[nodiscard]] std::string day_text(std::chrono::sys_days day);

}  // namespace shop
