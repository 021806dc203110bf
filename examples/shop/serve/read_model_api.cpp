#include "serve/read_model_api.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include <eventcore/http_tracing.hpp>

#include "read_models/customer_orders.hpp"
#include "read_models/daily_revenue.hpp"
#include "read_models/stock_levels.hpp"
#include "serve/percent_encoding.hpp"
#include "serve/problem.hpp"
#include "serve/query_parameters.hpp"

namespace shop {

namespace {

namespace http = eventcore::http;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kLimitMax = 1'000;
constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNumberMin = std::numeric_limits<std::int64_t>::min();

/// What every question has beside its own parameters.
struct Asked {
  eventcore::Position after;
  std::size_t limit = 0;
};

Asked asked(QueryParameters& query) {
  return {.after = {static_cast<std::uint64_t>(query.number("after", 0, kNumberMax).value_or(0))},
          .limit = static_cast<std::size_t>(query.number("limit", 1, kLimitMax).value_or(100))};
}

http::Response refused(const QueryParameters& query) {
  return to_response({400, "invalid_query", query.fault()});
}

/// The read model could not be asked. Never 4xx: whoever reads can do nothing about it.
http::Response failed(const eventcore::Error& error) {
  if (error.code == eventcore::ErrorCode::DeadlineExceeded) {
    return to_response({504, to_string(error.code), "The read model has not come that far."});
  }
  return to_response(problem_of_read(error));
}

/// `body` with the position that it is of.
http::Response answer(Json body, const ReadSnapshot& snapshot, const Asked& asked) {
  body["position"] = std::max(snapshot.position(), asked.after).value;
  // Texts are those of events, which need not be UTF-8.
  return http::json_response(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string time_text(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "T%02d:%02d:%02dZ",
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return day_text(day) + text.data();
}

Json order_json(const CustomerOrder& order) {
  return {{"order", order.order},
          {"placed_at", time_text(order.placed_at)},
          {"country", order.country},
          {"units", order.units},
          {"total", order.total.to_string()},
          {"position", order.position.value}};
}

Json stock_json(const StockLevel& level) {
  Json json{{"product", level.product},
            {"tracked", level.stock.tracked},
            {"on_hand", nullptr},
            {"sold", level.stock.sold},
            {"returned", level.stock.returned}};
  if (level.stock.tracked) json["on_hand"] = level.stock.on_hand;
  return json;
}

void add_revenue(Json& json, const Revenue& revenue) {
  json["orders"] = revenue.orders;
  json["returns"] = revenue.returns;
  json["units_sold"] = revenue.units_sold;
  json["units_returned"] = revenue.units_returned;
  json["gross"] = revenue.gross.to_string();
  json["returned"] = revenue.returned.to_string();
}

}  // namespace

void ReadModelApi::mount(http::Server& server) {
  const auto route = [&](std::string_view path, Response (ReadModelApi::*handler)(const Request&)) {
    server.route(http::Method::Get, path, http::traced([this, handler](const Request& request) {
                   return (this->*handler)(request);
                 }));
  };
  route("/customers/{id}/orders", &ReadModelApi::customer_orders);
  route("/stock", &ReadModelApi::stock);
  route("/revenue", &ReadModelApi::revenue);
}

http::Response ReadModelApi::customer_orders(const Request& request) {
  QueryParameters query(request, {"after", "limit", "before"});
  const Asked how = asked(query);
  CustomerOrdersQuery question{.customer = request.parameter("id"), .limit = how.limit};
  if (const auto before = query.number("before", 0, kNumberMax)) {
    question.before = eventcore::Position{static_cast<std::uint64_t>(*before)};
  }
  if (!query.fault().empty()) return refused(query);

  const auto snapshot =
      models_.customer_orders().read(how.after, eventcore::Deadline::after(patience_));
  if (!snapshot) return failed(snapshot.error());
  const auto found = find_orders(*snapshot, question);
  if (!found) return failed(found.error());
  const std::optional<CustomerOrdersPage>& page = *found;
  if (!page) return to_response({404, "not_found", "There is no such customer."});
  Json json{{"customer", question.customer},
            {"orders", page->orders},
            {"total", page->total.to_string()},
            {"listed", Json::array()}};
  for (const CustomerOrder& order : page->listed) json["listed"].push_back(order_json(order));
  if (page->more) {
    json["next"] = "/customers/" + encode_segment(question.customer) +
                   "/orders?limit=" + std::to_string(how.limit) +
                   "&before=" + std::to_string(page->listed.back().position.value);
  }
  return answer(std::move(json), *snapshot, how);
}

http::Response ReadModelApi::stock(const Request& request) {
  QueryParameters query(request, {"after", "limit", "below", "start"});
  const Asked how = asked(query);
  const StockQuery question{.below = query.number("below", kNumberMin, kNumberMax),
                            .start = query.text("start").value_or(""),
                            .limit = how.limit};
  if (!query.fault().empty()) return refused(query);

  const auto snapshot =
      models_.stock_levels().read(how.after, eventcore::Deadline::after(patience_));
  if (!snapshot) return failed(snapshot.error());
  const auto page = find_stock(*snapshot, question);
  if (!page) return failed(page.error());
  Json json{{"products", Json::array()}};
  for (const StockLevel& level : page->levels) json["products"].push_back(stock_json(level));
  if (const std::optional<std::string>& start = page->next) {
    std::string next = "/stock?limit=" + std::to_string(how.limit);
    if (question.below) next += "&below=" + std::to_string(*question.below);
    json["next"] = next + "&start=" + encode_segment(*start);
  }
  return answer(std::move(json), *snapshot, how);
}

http::Response ReadModelApi::revenue(const Request& request) {
  QueryParameters query(request, {"after", "limit", "from", "to", "country"});
  const Asked how = asked(query);
  const RevenueQuery question{.from = query.day("from"),
                              .to = query.day("to"),
                              .country = query.text("country"),
                              .limit = how.limit};
  if (!query.fault().empty()) return refused(query);

  const auto snapshot =
      models_.daily_revenue().read(how.after, eventcore::Deadline::after(patience_));
  if (!snapshot) return failed(snapshot.error());
  const auto page = find_revenue(*snapshot, question);
  if (!page) return failed(page.error());
  Json json;
  add_revenue(json, page->total);
  json["days"] = Json::array();
  for (const RevenueOfDay& of : page->days) {
    Json day{{"day", day_text(of.day)}, {"country", of.country}};
    add_revenue(day, of.revenue);
    json["days"].push_back(std::move(day));
  }
  json["more"] = page->more;
  return answer(std::move(json), *snapshot, how);
}

}  // namespace shop
