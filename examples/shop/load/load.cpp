#include "load/load.hpp"

#include <condition_variable>
#include <random>
#include <utility>

#include <eventcore/uuid.hpp>
#include <nlohmann/json.hpp>

#include "load/shape.hpp"

namespace shop {

namespace {

HttpClient::Headers keyed(std::string key) { return {{"Idempotency-Key", std::move(key)}}; }

using Json = nlohmann::ordered_json;

constexpr std::int64_t kDelivery = 80;
/// Of all orders, those without a customer.
constexpr double kAnonymous = 0.17;
/// One in so many requests is not an order.
constexpr double kSideRequests = 0.05;

std::string new_run() {
  return eventcore::mint_uuid(std::chrono::time_point_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now()))
      .to_string();
}

Json line_json(std::size_t rank, std::int64_t quantity) {
  return {{"product", product_code(rank)},
          {"description", product_name(rank)},
          {"quantity", quantity},
          {"price", product_price(rank).to_string()}};
}

std::string order_json(BasketShape& shape) {
  Json order;
  if (shape.uniform() >= kAnonymous) {
    order["customer"] = std::to_string(12'000 + shape.customer());
  }
  order["country"] = shape.uniform() < 0.93 ? "United Kingdom" : "Germany";
  for (const BasketLine& line : shape.basket()) {
    order["lines"].push_back(line_json(line.product, line.quantity));
  }
  return order.dump();
}

std::string delivery_json(std::size_t rank) {
  return Json{{"product", product_code(rank)}, {"quantity", kDelivery}}.dump();
}

std::string return_json(std::size_t rank) {
  Json goods{{"country", "United Kingdom"}};
  goods["lines"].push_back(line_json(rank, 1));
  return goods.dump();
}

}  // namespace

LoadThreads::LoadThreads(LoadOptions options) : options_(std::move(options)), run_(new_run()) {}

eventcore::Result<void> LoadThreads::start() {
  HttpClient client(options_.address);
  for (const std::size_t rank : tracked_products()) {
    const auto answer =
        client.post("/stock", delivery_json(rank), keyed(run_ + "-stock-" + std::to_string(rank)));
    if (!answer) return answer.error();
    if (answer->status != 201) {
      return eventcore::make_error(eventcore::ErrorCode::Unavailable,
                                   "the shop answered a delivery with " +
                                       std::to_string(answer->status) + ": " + answer->body);
    }
  }
  begin_ = Clock::now();
  for (std::size_t i = 0; i < options_.connections; ++i) {
    threads_.emplace_back([this, i] { send_orders(i); });
  }
  return {};
}

void LoadThreads::stop() {
  stop_.request_stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

LoadCounts LoadThreads::counts() const {
  return {placed_.load(), refused_.load(), failed_.load(), latency_.counts()};
}

std::string LoadThreads::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void LoadThreads::send_orders(std::size_t thread) {
  HttpClient client(options_.address);
  const std::uint64_t seed = options_.seed != 0 ? options_.seed : std::random_device()();
  BasketShape shape(seed + thread);
  std::mutex mutex;
  std::condition_variable_any due_or_stop;

  while (!stop_.stop_requested()) {
    const std::uint64_t number = next_.fetch_add(1);
    const std::chrono::duration<double> after(static_cast<double>(number) / options_.rate);
    const auto due = begin_ + std::chrono::duration_cast<Clock::duration>(after);
    // Made before it is due: the generator's own work is not the shop's latency.
    const std::string order = order_json(shape);
    {
      std::unique_lock lock(mutex);
      due_or_stop.wait_until(lock, stop_.get_token(), due, [] { return false; });
    }
    if (stop_.stop_requested()) return;
    note(client.post("/orders", order, keyed(run_ + "-" + std::to_string(number))), due);
    const double choice = shape.uniform() / kSideRequests;
    if (choice < 1) send_side_request(client, number, choice);
  }
}

void LoadThreads::send_side_request(HttpClient& client, std::uint64_t number, double choice) {
  const std::string key = run_ + "-side-" + std::to_string(number);
  const auto tracked = tracked_products();
  const std::size_t rank = tracked[number % tracked.size()];
  unsigned expected = 200;
  eventcore::Result<HttpAnswer> answer = HttpAnswer();
  if (choice < 0.1) {
    expected = 201;
    answer = client.post("/stock", delivery_json(rank), keyed(key));
  } else if (choice < 0.5) {
    expected = 201;
    answer = client.post("/returns", return_json(number % kProducts), keyed(key));
  } else if (choice < 0.95) {
    answer = client.get("/products/" + product_code(rank));
  } else {
    answer = client.get("/reports/revenue");
  }
  if (!answer) return note_failure(answer.error().message);
  if (answer->status != expected) {
    note_failure("unexpected status " + std::to_string(answer->status) + ": " + answer->body);
  }
}

void LoadThreads::note(const eventcore::Result<HttpAnswer>& answer, Clock::time_point due) {
  if (!answer) return note_failure(answer.error().message);
  // Another 409 would be a key or an id that is not unique.
  const bool out_of_stock =
      answer->status == 409 && answer->body.find("out_of_stock") != std::string::npos;
  if (answer->status != 201 && !out_of_stock) {
    return note_failure("unexpected status " + std::to_string(answer->status) + ": " +
                        answer->body);
  }
  ++(out_of_stock ? refused_ : placed_);
  latency_.record(Clock::now() - due);
}

void LoadThreads::note_failure(std::string text) {
  ++failed_;
  {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(text);
  }
  // A shop that is away would otherwise be asked as fast as it can refuse.
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace shop
