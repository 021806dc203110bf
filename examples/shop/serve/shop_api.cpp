#include "serve/shop_api.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include <eventcore/http_tracing.hpp>
#include <eventcore/json.hpp>

#include "serve/percent_encoding.hpp"
#include "serve/problem.hpp"
#include "serve/request_json.hpp"

namespace shop {

namespace {

using namespace std::chrono_literals;
namespace http = eventcore::http;
using Json = nlohmann::ordered_json;

constexpr auto kDeadline = 5s;
constexpr std::size_t kKeyBytesMax = 200;
/// The header of stored events that tells which request made them.
constexpr std::string_view kFingerprint = "request";

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// FNV-1a of the body, to find a key that is used for two requests by mistake.
std::int64_t fingerprint(const http::Request& request) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : request.body) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return static_cast<std::int64_t>(hash);
}

eventcore::ExecuteOptions options_for(const http::Request& request) {
  eventcore::ExecuteOptions options{.deadline = kDeadline};
  options.correlation_id = request.header("X-Correlation-Id").value_or("");
  // Imports have keys of their own, such as `order:536365`; those of clients can't meet them.
  const std::string_view key = request.header("Idempotency-Key").value_or("");
  if (!key.empty()) options.idempotency_key = "api:" + std::string(key);
  options.headers.set(kFingerprint, fingerprint(request));
  return options;
}

http::Response created(const Json& body, const eventcore::ExecutionResult& result) {
  http::Response response = http::json_response(201, body.dump());
  if (result.replayed()) response.headers.push_back({"Idempotency-Replayed", "true"});
  return response;
}

/// The id of the document that `result` wrote. A repeated request that leaves the id to the shop
/// has a new one each time; what counts is the one that was stored.
template <class Kind>
std::string stored_id(const Code<Kind>& id, const eventcore::ExecutionResult& result) {
  const std::string_view prefix = Kind::stream_prefix;
  for (const eventcore::WrittenEvent& event : result.events_written()) {
    if (event.stream.starts_with(prefix) && event.stream != id.stream().view()) {
      return std::string(event.stream.substr(prefix.size()));
    }
  }
  return id.text();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// `value` of a `Content-Type` without parameters.
bool is_json(std::string_view value) {
  std::string_view type = value.substr(0, value.find(';'));
  const std::size_t begin = std::min(type.find_first_not_of(" \t"), type.size());
  type.remove_prefix(begin);
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  return lower(type) == "application/json";
}

/// Refuses keys that would not be honoured: a client that sends one relies on it.
std::optional<http::Response> refuse_keys(const http::Request& request) {
  const std::string_view first = request.header("Idempotency-Key").value_or("");
  for (const http::Header& header : request.headers) {
    if (lower(header.name) != "idempotency-key") continue;
    std::string_view why;
    if (header.value.empty()) why = "An Idempotency-Key is not empty.";
    if (header.value.size() > kKeyBytesMax) why = "An Idempotency-Key has at most 200 bytes.";
    if (header.value != first) why = "A request has one Idempotency-Key.";
    if (!why.empty()) return to_response({400, "invalid_idempotency_key", std::string(why)});
  }
  return std::nullopt;
}

/// Refuses what every `POST` refuses; nothing if the request may go on.
std::optional<http::Response> refuse_post(const http::Request& request) {
  const std::string_view type = request.header("Content-Type").value_or("");
  if (!type.empty() && !is_json(type)) {
    return to_response({415, "unsupported_media_type", "Bodies are application/json."});
  }
  return refuse_keys(request);
}

http::Response not_found(std::string_view what) {
  return to_response({404, "not_found", "There is no such " + std::string(what) + "."});
}

}  // namespace

ShopApi::ShopApi(eventcore::EventStore& store, eventcore::CommandExecutor& executor,
                 const BusinessMetrics& metrics)
    : store_(store), executor_(executor), metrics_(metrics), products_(store) {}

void ShopApi::mount(http::Server& server, OrderForwarding* elsewhere) {
  const auto route = [&](http::Method method, std::string_view path,
                         Response (ShopApi::*handler)(const Request&)) {
    server.route(method, path, http::traced([this, handler](const Request& request) {
                   return (this->*handler)(request);
                 }));
  };
  route(http::Method::Post, "/customers", &ShopApi::post_customer);
  if (elsewhere == nullptr) {
    route(http::Method::Post, "/orders", &ShopApi::post_order);
  } else {
    server.route(http::Method::Post, "/orders", http::traced([elsewhere](const Request& request) {
                   return elsewhere->forward(request);
                 }));
  }
  route(http::Method::Post, "/returns", &ShopApi::post_return);
  route(http::Method::Post, "/stock", &ShopApi::post_delivery);
  route(http::Method::Get, "/orders/{id}", &ShopApi::read_order);
  route(http::Method::Get, "/products/{id}", &ShopApi::read_product);
  route(http::Method::Get, "/reports/revenue", &ShopApi::read_revenue);
}

template <class Command>
std::variant<eventcore::ExecutionResult, http::Response> ShopApi::execute(const Request& request,
                                                                          const Command& command) {
  auto result = executor_.execute(command, options_for(request));
  if (!result) return to_response(problem_of(result.error()));
  if (result->rejected()) return to_response(problem_of(*result->rejection()));
  if (result->replayed()) {
    if (auto refusal = refuse_other_request(request, *result)) return *std::move(refusal);
  } else {
    for (const eventcore::WrittenEvent& event : result->events_written()) {
      if (event.type == eventcore::event_name<CustomerRegistered>) {
        metrics_.record_user_registration();
      }
    }
  }
  return eventcore::ExecutionResult(*result);
}

std::optional<http::Response> ShopApi::refuse_other_request(
    const Request& request, const eventcore::ExecutionResult& result) {
  const auto events = result.events_written();
  if (events.empty()) return std::nullopt;
  const auto page = store_.read_stream(eventcore::StreamId::parse(events.front().stream).value(),
                                       {.from_version = events.front().version,
                                        .limit = 1,
                                        .deadline = eventcore::Deadline::after(kDeadline)});
  if (!page) return to_response(problem_of(page.error()));
  const auto headers = page->events.empty()
                           ? eventcore::Result<eventcore::Headers>(eventcore::Headers())
                           : eventcore::Headers::decode(page->events.front().headers);
  if (!headers) return to_response(problem_of(headers.error()));
  const eventcore::HeaderValue* stored = headers->find(kFingerprint);
  if (stored != nullptr && *stored == eventcore::HeaderValue(fingerprint(request))) {
    return std::nullopt;
  }
  return to_response({422, "idempotency_key_reused",
                      "The Idempotency-Key belongs to a request with another body."});
}

http::Response ShopApi::post_customer(const Request& request) {
  if (auto refusal = refuse_post(request)) return *std::move(refusal);
  const auto parsed = parse_customer(request.body);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return to_response(*problem);
  const auto& command = std::get<RegisterCustomer>(parsed);
  auto executed = execute(request, command);
  if (auto* refusal = std::get_if<Response>(&executed)) return std::move(*refusal);
  const auto& result = std::get<eventcore::ExecutionResult>(executed);
  return created({{"customer", command.id.text()}, {"position", result.position().value}}, result);
}

http::Response ShopApi::post_order(const Request& request) {
  if (auto refusal = refuse_post(request)) return *std::move(refusal);
  const auto parsed = parse_order(request.body, now());
  if (const auto* problem = std::get_if<Problem>(&parsed)) return to_response(*problem);
  const auto& command = std::get<PlaceOrder>(parsed);
  auto executed = execute(request, command);
  if (auto* refusal = std::get_if<Response>(&executed)) return std::move(*refusal);
  const auto& result = std::get<eventcore::ExecutionResult>(executed);

  const Money total = total_of(command.lines).value_or(Money());
  if (!result.replayed()) metrics_.record_order_placed(total.approximate());
  const std::string id = stored_id(command.id, result);
  Response response = created(
      {{"order", id}, {"total", total.to_string()}, {"position", result.position().value}}, result);
  response.headers.push_back({"Location", "/orders/" + encode_segment(id)});
  return response;
}

http::Response ShopApi::post_return(const Request& request) {
  if (auto refusal = refuse_post(request)) return *std::move(refusal);
  const auto parsed = parse_return(request.body, now());
  if (const auto* problem = std::get_if<Problem>(&parsed)) return to_response(*problem);
  const auto& command = std::get<ReturnGoods>(parsed);
  auto executed = execute(request, command);
  if (auto* refusal = std::get_if<Response>(&executed)) return std::move(*refusal);
  const auto& result = std::get<eventcore::ExecutionResult>(executed);
  const Money total = total_of(command.lines).value_or(Money());
  return created({{"return", stored_id(command.id, result)},
                  {"total", total.to_string()},
                  {"position", result.position().value}},
                 result);
}

http::Response ShopApi::post_delivery(const Request& request) {
  if (auto refusal = refuse_post(request)) return *std::move(refusal);
  const auto parsed = parse_delivery(request.body);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return to_response(*problem);
  const auto& command = std::get<ReceiveStock>(parsed);
  auto executed = execute(request, command);
  if (auto* refusal = std::get_if<Response>(&executed)) return std::move(*refusal);
  const auto& result = std::get<eventcore::ExecutionResult>(executed);
  return created({{"product", command.product.text()},
                  {"quantity", command.quantity},
                  {"position", result.position().value}},
                 result);
}

http::Response ShopApi::read_order(const Request& request) {
  const auto order = OrderId::parse(request.parameter("id"));
  if (!order) return not_found("order");
  const auto page = store_.read_stream(
      order->stream(), {.limit = 1, .deadline = eventcore::Deadline::after(kDeadline)});
  if (!page) return to_response(problem_of_read(page.error()));
  if (page->events.empty()) return not_found("order");
  const eventcore::StoredEvent& stored = page->events.front();
  const auto placed = eventcore::decode_event<OrderPlaced>(stored.schema_version, stored.payload);
  if (!placed) return to_response(problem_of_read(placed.error()));
  // An order is shown as it is stored: the description of its event is that of the answer.
  auto json = eventcore::to_json(*placed);
  if (!json) return to_response(problem_of_read(json.error()));
  return http::json_response(200, *std::move(json));
}

http::Response ShopApi::read_product(const Request& request) {
  const auto code = ProductCode::parse(request.parameter("id"));
  if (!code) return not_found("product");
  const auto entry = products_.read(code->stream(), eventcore::Deadline::after(kDeadline));
  if (!entry) return to_response(problem_of_read(entry.error()));
  if (entry->version.value == 0) return not_found("product");
  const Product& product = entry->state;
  Json json{{"product", code->text()},
            {"tracked", product.tracked},
            {"on_hand", nullptr},
            {"sold", product.sold},
            {"returned", product.returned}};
  if (product.tracked) json["on_hand"] = product.on_hand;
  return http::json_response(200, json.dump());
}

http::Response ShopApi::read_revenue(const Request&) {
  const std::lock_guard lock(report_mutex_);
  const auto current = report_.catch_up(store_, eventcore::Deadline::after(kDeadline));
  if (!current) return to_response(problem_of_read(current.error()));
  return http::json_response(200, to_json(report_));
}

}  // namespace shop
