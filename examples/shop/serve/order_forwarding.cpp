#include "serve/order_forwarding.hpp"

#include <utility>

#include "serve/problem.hpp"

namespace shop {

namespace http = eventcore::http;

eventcore::Result<std::unique_ptr<OrderForwarding>> OrderForwarding::to(const std::string& url) {
  auto address = HttpAddress::parse(url);
  if (!address) return address.error();
  return std::unique_ptr<OrderForwarding>(new OrderForwarding(*std::move(address)));
}

std::unique_ptr<HttpClient> OrderForwarding::take_client() {
  const std::lock_guard lock(mutex_);
  if (clients_.empty()) return std::make_unique<HttpClient>(address_);
  std::unique_ptr<HttpClient> client = std::move(clients_.back());
  clients_.pop_back();
  return client;
}

http::Response OrderForwarding::forward(const http::Request& request) {
  std::unique_ptr<HttpClient> client = take_client();
  HttpClient::Headers headers;
  for (const char* name : {"Idempotency-Key", "X-Correlation-Id"}) {
    if (const auto value = request.header(name)) headers.emplace_back(name, *value);
  }
  auto answer = client->post(request.path, request.body, headers);
  if (!answer) {
    return to_response({502, "no_answer", "The shop that takes the orders does not answer."});
  }
  {
    const std::lock_guard lock(mutex_);
    clients_.push_back(std::move(client));
  }
  return http::json_response(static_cast<std::uint16_t>(answer->status), std::move(answer->body));
}

}  // namespace shop
