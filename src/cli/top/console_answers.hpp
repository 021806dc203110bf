#pragma once

/// \file
/// `ConsoleAnswers`: what a service's console says beyond `/metrics`, if it has one.

#include <chrono>
#include <stop_token>
#include <string>

#include "../scrape/http_client.hpp"
#include "top_look.hpp"

namespace eventcore::cli {

/// Asks `/api/overview` and `/api/commands` (docs/reference/console-api.md). Who does not answer
/// is asked again half a minute later. Thread-safety: One thread at a time.
class ConsoleAnswers {
 public:
  /// `url`: of the service, without a path.
  explicit ConsoleAnswers(std::string url);

  /// Adds hot streams, slow commands and what projections failed with. Blocking: a second at most.
  void add_to(TopLook& look, const std::stop_token& stop);

 private:
  struct Page {
    std::string path;
    std::chrono::steady_clock::time_point not_before{};
  };
  /// The text of a page; empty if there is none.
  [[nodiscard]] std::string text_of(Page& page, const std::stop_token& stop);

  const std::string url_;
  HttpClient client_;
  Page overview_{.path = "/api/overview"};
  Page commands_{.path = "/api/commands"};
};

}  // namespace eventcore::cli
