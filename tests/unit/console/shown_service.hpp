#pragma once

// A service with commands, a projection that fails, and a console that shows it.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/console/console.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "http_client.hpp"

namespace eventcore::console {

struct Received {
  std::int64_t pieces = 0;
  static constexpr auto describe() {
    return describe_event("received", 1, field("pieces", &Received::pieces));
  }
};
struct Product {
  using Events = std::variant<Received>;
  static void apply(Product&, const Events&, const EventInfo&) {}
};
struct Receive {
  static constexpr std::string_view name = "receive";
  using Event = std::variant<Received>;
  StreamId product;
  std::int64_t pieces = 0;

  auto reads() const { return eventcore::reads(stream<Product>(product)); }
  Decision handle(const Product&, Emitter<Event>& emit) const {
    if (pieces > 1'000) return fail("nobody sends so many");
    emit(product, Received{pieces});
    return accept();
  }
};

/// Fails at the events that it is told to.
class Picky final : public EventProjector {
 public:
  Picky() : EventProjector({.name = "picky"}) {}
  std::atomic<bool> fails = true;  // atomic: set by the test, read by the runner's thread

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    if (!fails || event.position.value != 2) return {};
    return make_error(ErrorCode::HandlerFailed, "not this one");
  }
};

/// Waits for what another thread does.
inline bool eventually(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); !holds();) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct Answer {
  unsigned status = 0;
  nlohmann::json body;
  std::string text;
};

/// Everything of a service, served on a free port.
struct ShownService {
  explicit ShownService(http::AccessOptions access_options = {.listen = "127.0.0.1:0"},
                        const std::function<void(ConsoleOptions&)>& change = {})
      : metrics(std::make_shared<observability::MetricsService>()),
        recorder(std::make_shared<monitor::FlightRecorder>()),
        performance(std::make_shared<monitor::PerformanceMonitor>(metrics)) {
    access_options.level = &access_level;
    access = std::make_shared<const http::AccessPolicy>(std::move(access_options));
    store = open_memory_store();
    executor = std::make_unique<observability::InstrumentedCommandExecutor>(
        *store, metrics, CommandExecutorOptions{.probe = recorder});
    runner =
        ProjectionRunner::open(*store, picky,
                               {.failure = {.attempts = 1, .then = FailurePolicy::Then::DeadLetter},
                                .request_poll = std::chrono::milliseconds(5)})
            .value();
    ConsoleOptions options{.title = "orders",
                           .metrics = metrics,
                           .monitor = performance,
                           .recorder = recorder,
                           .health = &health,
                           .show_payloads = true,
                           .access = access,
                           .on_action =
                               [this](const ActionRecord& action) {
                                 const std::lock_guard lock(mutex);
                                 actions.push_back(action);
                               },
                           .interval = std::chrono::milliseconds(50)};
    options.log_filter = [this] { return filter; };
    options.set_log_filter = [this](std::string_view text) -> Result<void> {
      if (text == "nonsense") return make_error(ErrorCode::InvalidArgument, "no such level");
      filter = text;
      return {};
    };
    monitor::Baseline baseline{.name = "release 1"};
    baseline.measures.push_back({.name = "avg_latency_ms", .samples = {1, 2, 3}});
    options.baseline = std::make_shared<monitor::BaselineWatch>(performance, std::move(baseline));
    if (change) change(options);
    console = std::make_unique<Console>(std::move(options));
    server = std::make_unique<http::Server>(http::ServerOptions{
        .workers = 6,
        .guard = [this](const http::Request& request) { return (*access)(request); }});
    console->mount(*server);
    EXPECT_TRUE(server->start());
    console->start();
    console->attach(*store);
    console->watch(*runner);
  }
  ~ShownService() {
    console->stop();
    console->detach();
  }

  void receive(const char* product, std::int64_t pieces, std::string correlation = {}) {
    static_cast<void>(executor->execute(Receive{StreamId::parse(product).value(), pieces},
                                        {.correlation_id = std::move(correlation)}));
  }
  /// Sends a request whose header lines are `headers`, after a good `Host`.
  Answer ask(std::string_view method, std::string_view target, std::string_view body = {},
             std::string_view headers = {}) {
    http::HttpClient client(server->port());
    std::string bytes = std::string(method) + " " + std::string(target) +
                        " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(headers);
    if (method == "POST") {
      bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n";
    }
    client.send(bytes + "\r\n" + std::string(body));
    const auto message = client.receive();
    return {message.result_int(), nlohmann::json::parse(message.body(), nullptr, false),
            message.body()};
  }
  Answer get(std::string_view target) { return ask("GET", target); }

  std::shared_ptr<observability::MetricsService> metrics;
  std::shared_ptr<monitor::FlightRecorder> recorder;
  std::shared_ptr<monitor::PerformanceMonitor> performance;
  std::shared_ptr<Picky> picky = std::make_shared<Picky>();
  std::shared_ptr<const http::AccessPolicy> access;
  http::HealthChecks health;
  std::unique_ptr<EventStore> store;
  std::unique_ptr<CommandExecutor> executor;
  std::unique_ptr<ProjectionRunner> runner;
  std::string filter = "info";
  std::mutex mutex;
  std::vector<ActionRecord> actions;
  std::unique_ptr<Console> console;
  std::unique_ptr<http::Server> server;
};

}  // namespace eventcore::console
