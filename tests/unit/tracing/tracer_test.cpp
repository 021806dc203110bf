#include "eventcore/tracing/tracer.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "eventcore/tracing/span.hpp"
#include "tracer_fixture.hpp"

#ifdef __SANITIZE_THREAD__
/// A child of a process with threads has a drain of its own, which ThreadSanitizer forbids unless
/// it is asked not to.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace eventcore {
namespace {

using namespace std::chrono_literals;
using TracerTest = TracerFixture;

/// Holds the tracer's thread until it is told to go on.
class BlockingSink final : public SpanSink {
 public:
  void take(std::span<const SpanRecord>) noexcept override {
    entered_.count_down();
    go_on_.wait();
  }
  void await_entered() { entered_.wait(); }
  void go_on() { go_on_.count_down(); }

 private:
  std::latch entered_{1};
  std::latch go_on_{1};
};

TEST_F(TracerTest, IsTheOnlyOne) {
  install();
  const auto second = install_tracer({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(install_tracer({.sinks = {nullptr}}).error().code, ErrorCode::InvalidArgument);
  tracer_.reset();
  install();
}

TEST_F(TracerTest, TakesTheSpansOfAllThreads) {
  constexpr int kThreads = 8;
  constexpr int kSpans = 500;
  install();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < kSpans; ++n) Span("work").attribute("n", n);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto spans = flushed();
  EXPECT_EQ(spans.size() + tracer_->stats().dropped, std::size_t{kThreads} * kSpans);
  std::set<std::array<std::uint8_t, 8>> ids;
  for (const OwnedSpan& span : spans) ids.insert(span.context.span_id);
  EXPECT_EQ(ids.size(), spans.size());
  EXPECT_EQ(tracer_->stats().delivered, spans.size());
}

TEST_F(TracerTest, CountsWhatAFullRingDrops) {
  constexpr std::uint64_t kSpans = 20'000;
  auto blocking = std::make_shared<BlockingSink>();
  install({.sinks = {blocking}});
  { Span span("first"); }
  blocking->await_entered();
  for (std::uint64_t n = 0; n < kSpans; ++n) Span("work").attribute("n", n);
  EXPECT_FALSE(tracer_->flush(Deadline::after(1ms)).complete);
  EXPECT_GT(tracer_->stats().dropped, 0U);
  blocking->go_on();
  const SpanReport report = tracer_->flush({});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.delivered + report.lost, kSpans + 1);
  EXPECT_EQ(spans_->all().size(), report.delivered);
  { Span span("after"); }
  flushed();
  EXPECT_EQ(spans_->called("after").size(), 1U);
}

TEST_F(TracerTest, ShutdownDeliversEverythingAndEndsTracing) {
  install();
  auto late = std::make_unique<Span>("late");
  { Span span("work"); }
  const SpanReport report = tracer_->shutdown({});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.delivered, 1U);
  EXPECT_EQ(report.lost, 0U);
  late.reset();
  EXPECT_EQ(tracer_->stats().late, 1U);
  Span none("none");
  EXPECT_FALSE(none.context().is_valid());
  EXPECT_EQ(tracer_->shutdown({}).delivered, 1U);
  EXPECT_EQ(spans_->all().size(), 1U);
}

TEST_F(TracerTest, ShutdownKeepsItsDeadline) {
  auto blocking = std::make_shared<BlockingSink>();
  install({.sinks = {blocking}});
  { Span span("work"); }
  blocking->await_entered();
  EXPECT_FALSE(tracer_->shutdown(Deadline::after(5ms)).complete);
  blocking->go_on();
  EXPECT_TRUE(tracer_->shutdown({}).complete);
}

TEST_F(TracerTest, BeginsAnewInAForkedChild) {
  install();
  { Span span("before"); }
  const TraceContext before = [] { return Span("parent").context(); }();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::size_t inherited = spans_->all().size();
    { Span span("child"); }
    const SpanReport report = tracer_->flush(Deadline::after(10s));
    const auto spans = spans_->all();
    const bool good = report.complete && report.delivered == 1 && report.lost == 0 &&
                      spans.size() == inherited + 1 && spans.back().name == "child" &&
                      spans.back().context.span_id != before.span_id;
    const char answer = good ? 'y' : 'n';
    _exit(write(pipe_ends[1], &answer, 1) == 1 ? 0 : 1);
  }
  close(pipe_ends[1]);
  char answer = 0;
  EXPECT_EQ(read(pipe_ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  close(pipe_ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  { Span span("after"); }
  EXPECT_EQ(flushed().size(), 3U);
}

}  // namespace
}  // namespace eventcore
