// Collectors that do not work, under load. OTLP_OUTAGE_SECONDS is how long each outage lasts, a
// second if it is not set; scripts/otlp_outage runs long ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "../../support/loopback_port.hpp"
#include "../../unit/otlp/fake_collector.hpp"
#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/otlp/init_tracing.hpp"
#include "eventcore/tracing/span.hpp"
#include "otlp_receiver.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeCollector;
using testing::LoopbackPort;
using testing::OtlpReceiver;

Deadline patience() { return Deadline::after(seconds(60)); }

struct Counted {
  std::int64_t by = 0;
  static constexpr auto describe() {
    return describe_event("counted", 1, field("by", &Counted::by));
  }
};
struct Count {
  using Events = std::variant<Counted>;
  std::int64_t sum = 0;
  static void apply(Count& count, const Events& event, const EventInfo&) {
    count.sum += std::get<Counted>(event).by;
  }
};
struct CountOne {
  static constexpr std::string_view name = "count_one";
  using Event = std::variant<Counted>;
  StreamId stream;

  auto reads() const { return eventcore::reads(eventcore::stream<Count>(stream)); }
  Decision handle(const Count&, Emitter<Event>& emit) const {
    emit(stream, Counted{1});
    return accept();
  }
};

double process_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

seconds outage_duration() {
  const char* const text = std::getenv("OTLP_OUTAGE_SECONDS");
  return seconds(text == nullptr ? 1 : std::atoi(text));
}

class NoSink final : public SpanSink {
 public:
  void take(std::span<const SpanRecord>) noexcept override {}
};

/// Two threads with traced commands for a while.
struct Load {
  std::uint64_t commands = 0;
  double cpu_us = 0;           // of one command
  std::size_t grown_most = 0;  // resident bytes

  static Load run(seconds duration) {
    // A store that is new each time: its memory is no matter here.
    std::atomic<std::uint64_t> commands = 0;
    std::atomic<bool> stop = false;
    const double began = process_cpu_seconds();
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        const StreamId stream = StreamId::parse("count-" + std::to_string(i)).value();
        while (!stop) {
          const auto store = open_memory_store({});
          CommandExecutor executor(*store, {});
          for (int n = 0; n < 1'000 && !stop; ++n) {
            Span span("count");
            span.attribute("command.type", "count_one");
            span.attribute("number", n);
            EXPECT_TRUE(executor.execute(CountOne{stream}));
            ++commands;
          }
        }
      });
    }
    Load load;
    const std::size_t before = resident_bytes();
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(20));  // between two looks
      load.grown_most =
          std::max(load.grown_most, resident_bytes() - std::min(resident_bytes(), before));
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    load.commands = commands;
    load.cpu_us = (process_cpu_seconds() - began) * 1e6 / static_cast<double>(load.commands);
    return load;
  }
};

class OtlpOutageTest : public ::testing::Test {
 protected:
  OtlpOutageTest() {
    TracingOptions options;
    options.sinks = {std::make_shared<NoSink>()};
    EXPECT_TRUE(init_tracing(options));
    Load::run(seconds(1));  // memory of allocators and threads
    without_ = Load::run(outage_duration());
    receiver_ = std::make_unique<OtlpReceiver>(http_.number(), grpc_.number());
    options = {};
    options.otlp = {.endpoint = receiver_->http_url(),
                    .protocol = OtlpProtocol::HttpProtobuf,
                    .timeout = milliseconds(500),
                    .delay = milliseconds(50),
                    .retry_max = milliseconds(1'000),
                    .exit_timeout = milliseconds(0),
                    .report = [this](std::string_view line) {
                      const std::lock_guard lock(mutex_);
                      lines_.emplace_back(line);
                    }};
    EXPECT_TRUE(init_tracing(options));
    { const Span span("first"); }
    EXPECT_TRUE(flush_tracing(patience()).is_complete);
  }
  ~OtlpOutageTest() override { static_cast<void>(shutdown_tracing({})); }

  /// Puts load on while the collector does not work.
  void run_outage() {
    const Load load = Load::run(outage_duration());
    const OtlpStats stats = tracing_stats().otlp;
    std::cout << load.commands << " commands, " << load.cpu_us << " µs of CPU each ("
              << without_.cpu_us << " without export), " << load.grown_most / 1024
              << " KiB more memory at most; spans dropped " << stats.dropped() << ", exported "
              << stats.exported << ", requests failed " << stats.failed_requests << " of "
              << stats.requests << '\n';
    EXPECT_EQ(stats.taken, stats.exported + stats.dropped() + stats.queued);
    EXPECT_LE(stats.queued, stats.queue_max);
    EXPECT_GT(stats.dropped(), 0);
    // The queue is 2 MiB of spans, 16 MiB at most.
    EXPECT_LT(load.grown_most, std::size_t{40} << 20);
    // Short runs on a busy machine say little.
    if (outage_duration() >= seconds(10)) {
      EXPECT_LT(load.cpu_us, 1.05 * without_.cpu_us);
    }
    const std::lock_guard lock(mutex_);
    EXPECT_LE(lines_.size(), 2 + 2 * static_cast<std::size_t>(outage_duration().count()) / 30);
  }
  /// What comes after the outage arrives, without a restart.
  void expect_recovery() {
    ASSERT_FALSE(flush_tracing(patience()).pending);
    const std::uint64_t before = tracing_stats().otlp.exported;
    { const Span span("afterwards"); }
    EXPECT_TRUE(flush_tracing(patience()).is_complete);
    EXPECT_EQ(tracing_stats().otlp.exported, before + 1);
    EXPECT_EQ(receiver_->newest_span()["name"], "afterwards");
  }

  LoopbackPort http_;
  LoopbackPort grpc_;
  std::unique_ptr<OtlpReceiver> receiver_;
  Load without_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(OtlpOutageTest, Killed) {
  receiver_.reset();
  run_outage();
  receiver_ = std::make_unique<OtlpReceiver>(http_.number(), grpc_.number());
  expect_recovery();
}

TEST_F(OtlpOutageTest, Hung) {
  receiver_->pause();
  run_outage();
  receiver_->resume();
  expect_recovery();
}

TEST_F(OtlpOutageTest, Refusing) {
  receiver_->behave({{"status", 403}, {"count", 1'000'000'000}});
  run_outage();
  receiver_->behave({{"count", 0}});
  expect_recovery();
}

TEST_F(OtlpOutageTest, Garbage) {
  receiver_.reset();
  {
    const FakeCollector garbage(http_.number(),
                                [](const auto&) { return std::string(100'000, '\xFF'); });
    run_outage();
  }
  receiver_ = std::make_unique<OtlpReceiver>(http_.number(), grpc_.number());
  expect_recovery();
}

TEST_F(OtlpOutageTest, WorksUnderFullLoad) {
  const Load load = Load::run(outage_duration());
  const OtlpStats stats = tracing_stats().otlp;
  std::cout << load.commands << " commands, " << load.cpu_us << " µs of CPU each ("
            << without_.cpu_us << " without export), " << load.grown_most / 1024
            << " KiB more memory at most; spans dropped " << stats.dropped() << ", exported "
            << stats.exported << '\n';
  EXPECT_GT(stats.exported, 1'000);
  EXPECT_LT(load.grown_most, std::size_t{40} << 20);
  EXPECT_EQ(stats.taken, stats.exported + stats.dropped() + stats.queued);
  expect_recovery();
}

}  // namespace
}  // namespace eventcore
