// A process for the doctor and for dashboards to look at: it works on a store, shows its metrics, and falls ill when
// it is told to.
//
//     patient STORE stop|park CLOCK_OFFSET_SECONDS
//
// It says `metrics PORT`, does what each line of its input says, says `done`, and ends with its
// input. The projection `orders` stops at an event that fails, or parks it.
//
//     append COUNT STREAM     events, a commit each
//     poison                  an event that the projection fails on, until `cure`
//     cure
//     hang, wake              the projector stops inside an event, and goes on
//     contend, part           commands and a writer fight for the stream hot-1, and end
//     load, rest              one commit after the other, and none
//     explore                 commands that find streams while they read, until the process ends
//     read COUNT              threads that read until the process ends

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "eventcore/http_endpoints.hpp"
#include "eventcore/json.hpp"
#include "eventcore/metrics_endpoint.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/store_url.hpp"

namespace {

using namespace eventcore;
using namespace eventcore::observability;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kLease{3};

/// The system's clock, wrong by an offset.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::chrono::seconds offset) : offset_(offset) {}
  [[nodiscard]] Instant now() const noexcept override { return system_clock().now(); }
  [[nodiscard]] Timestamp wall() const noexcept override { return system_clock().wall() + offset_; }

 private:
  const std::chrono::seconds offset_;
};

class Orders final : public EventProjector {
 public:
  Orders() : EventProjector({.name = "orders"}) {}
  std::atomic<bool> is_cured = false;
  std::atomic<bool> hangs = false;

 private:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    hangs.wait(true);
    if (event.type != "poison" || is_cured) return {};
    return make_error(ErrorCode::HandlerFailed, "no order has this form");
  }
};

struct Hit {
  std::int64_t strength = 1;
  static constexpr auto describe() {
    return describe_event("hit", 1, field("strength", &Hit::strength));
  }
};
struct Target {
  using Events = std::variant<Hit>;
  static void apply(Target&, const Events&, const EventInfo&) {}
};
struct HitTarget {
  static constexpr std::string_view name = "hit_target";
  using Event = std::variant<Hit>;

  auto reads() const { return eventcore::reads(stream<Target>(StreamId::literal("hot-1"))); }
  // What takes long leaves others time to be faster.
  Decision handle(const Target&, Emitter<Event>& emit) const {
    std::this_thread::sleep_for(2ms);
    emit(StreamId::literal("hot-1"), Hit{});
    return accept();
  }
};

/// Finds the target that another one leads to.
struct HitNext {
  static constexpr std::string_view name = "hit_next";
  using Event = std::variant<Hit>;

  auto reads() const {
    return eventcore::reads(stream<Target>(StreamId::literal("way-1")), discovered<Target>());
  }
  void discover(const Target&, const Folds<Target>&, Discovery& more) const {
    more.stream<Target>(StreamId::literal("way-2"));
  }
  Decision handle(const Target&, const Folds<Target>&, Emitter<Event>& emit) const {
    emit(StreamId::literal("way-2"), Hit{});
    return accept();
  }
};

/// Threads that repeat something until they are told to end.
class Repeating {
 public:
  template <class Work>
  void start(Work work) {
    threads_.emplace_back([work](const std::stop_token& stop) {
      while (!stop.stop_requested()) work();
    });
  }
  void end() { threads_.clear(); }

 private:
  std::vector<std::jthread> threads_;
};

class Patient {
 public:
  Patient(EventStore& store, const std::shared_ptr<MetricsService>& metrics, Orders& orders)
      : store_(store), orders_(orders), first_(store, metrics), second_(store, metrics) {}

  ~Patient() {
    wake();
    load_.end();
    contention_.end();
    exploration_.end();
    readers_.end();
  }

  Result<void> obey(const std::string& order) {
    std::istringstream words(order);
    std::string word;
    std::size_t count = 0;
    std::string stream;
    words >> word >> count >> stream;
    if (word == "append") return append(count, stream);
    if (word == "poison") return write("order-1", "poison");
    if (word == "cure") orders_.is_cured = true;
    if (word == "hang") orders_.hangs = true;
    if (word == "wake") wake();
    if (word == "load")
      load_.start([this] { ignore_error(write("load-1", "loaded"), "as it is"); });
    if (word == "rest") load_.end();
    if (word == "contend") contend();
    if (word == "part") contention_.end();
    if (word == "explore") explore();
    for (std::size_t i = 0; word == "read" && i < count; ++i) {
      readers_.start([this] { ignore_error(store_.read(LogQuery{}), "as it is"); });
    }
    return {};
  }

 private:
  Result<void> write(const std::string& stream, const char* type, const char* data = "{}") {
    const auto id = StreamId::parse(stream);
    if (!id) return id.error();
    const EventToWrite event{*id, type, data};
    const auto written = store_.write_events({&event, 1});
    return written ? Result<void>() : Result<void>(written.error());
  }

  Result<void> append(std::size_t count, const std::string& stream) {
    for (std::size_t i = 0; i < count; ++i) {
      if (auto written = write(stream, "ordered"); !written) return written;
    }
    return {};
  }

  void wake() {
    orders_.hangs = false;
    orders_.hangs.notify_all();
  }

  void contend() {
    // Somebody who does not look before writing is always faster.
    contention_.start([this] {
      ignore_error(write("hot-1", "hit", R"({"strength":1})"), "as it is");
      std::this_thread::sleep_for(500us);
    });
    for (CommandExecutor* executor : {&first_, &second_}) {
      contention_.start([executor] {
        ignore_error(executor->execute(HitTarget{}), "a command that gives up is part of it");
      });
    }
  }

  void explore() {
    exploration_.start([this] {
      ignore_error(first_.execute(HitNext{}), "as it is");
      std::this_thread::sleep_for(50ms);
    });
  }

  EventStore& store_;
  Orders& orders_;
  InstrumentedCommandExecutor first_;
  InstrumentedCommandExecutor second_;
  Repeating load_;
  Repeating contention_;
  Repeating exploration_;
  Repeating readers_;
};

Result<void> run(const std::string& text, bool parks, const Clock& clock) {
  const auto url = StoreUrl::parse(text);
  if (!url) return url.error();
  const auto metrics = std::make_shared<MetricsService>();
  auto opened = open_store(*url, {.clock = &clock, .probe = metrics});
  if (!opened) return opened.error();
  InstrumentedEventStore store(std::move(*opened), metrics);
  ProjectionRunnerOptions options;
  options.lease = kLease;
  options.request_poll = 100ms;
  options.failure.attempts = 2;
  options.failure.pause_first = 1ms;
  options.failure.then = parks ? FailurePolicy::Then::DeadLetter : FailurePolicy::Then::Stop;
  options.probe = metrics;
  const auto orders = std::make_shared<Orders>();
  const auto runner = ProjectionRunner::open(store, orders, options);
  if (!runner) return runner.error();
  const MetricsWatch watch = metrics->watch(**runner);
  http::Server server({.listen = "127.0.0.1:0"});
  http::mount_endpoints(server, {.metrics = metrics_endpoint(metrics)});
  if (auto started = server.start(); !started) return started;
  (*runner)->start();
  {
    Patient patient(store, metrics, *orders);
    std::cout << "metrics " << server.port() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
      if (auto done = patient.obey(line); !done) return done;
      std::cout << "done" << std::endl;
    }
  }
  return (*runner)->stop();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const WrongClock clock{std::chrono::seconds{std::atoi(arguments[3])}};
  const Result<void> result = run(arguments[1], std::string(arguments[2]) == "park", clock);
  if (result) return 0;
  std::cerr << describe(result.error()) << '\n';
  return 1;
}
