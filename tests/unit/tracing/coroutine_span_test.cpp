#include "eventcore/tracing/coroutine_span.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <exception>
#include <future>
#include <thread>

#include "../executor/bank.hpp"
#include "eventcore/tracing/tracing_probe.hpp"
#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

using CoroutineSpanTest = TracerFixture;

/// Runs at once, and tells when it is over.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

/// Suspends until a test resumes it.
struct Gate {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  int await_resume() const noexcept { return 7; }
  std::coroutine_handle<> waiting;
};

Detached wait_twice(Gate& first, Gate& second, std::vector<std::string>& seen) {
  CoroutineSpan outer("outer", {.correlation_id = "order 7"});
  CoroutineSpan inner("inner", {}, &outer);
  seen.emplace_back(detail::current_frame()->name);
  EXPECT_EQ(co_await inner.across(first), 7);
  EXPECT_EQ(current_trace(), inner.context());
  EXPECT_EQ(detail::current_frame()->parent->correlation_id, "order 7");
  EXPECT_EQ(detail::current_frame()->parent->parent, nullptr);
  seen.emplace_back(detail::current_frame()->name);
  inner.span().end();
  EXPECT_EQ(co_await outer.across(second), 7);
  seen.emplace_back(detail::current_frame()->name);
}

TEST_F(CoroutineSpanTest, IsCurrentWhereTheCoroutineRuns) {
  install();
  Gate first;
  Gate second;
  std::vector<std::string> seen;
  Span here("here");
  wait_twice(first, second, seen);
  EXPECT_EQ(current_trace(), here.context());
  EXPECT_EQ(detail::current_frame()->name, "here");
  std::thread([&] {
    first.waiting.resume();
    EXPECT_FALSE(current_trace().is_valid());
    EXPECT_EQ(detail::current_frame(), nullptr);
  }).join();
  second.waiting.resume();
  EXPECT_EQ(detail::current_frame()->name, "here");
  here.end();
  EXPECT_EQ(seen, (std::vector<std::string>{"inner", "inner", "outer"}));
  ASSERT_EQ(flushed().size(), 3U);
  const OwnedSpan outer = spans_->called("outer").at(0);
  EXPECT_TRUE(outer.is_child_of(spans_->called("here").at(0)));
  EXPECT_TRUE(spans_->called("inner").at(0).is_child_of(outer));
}

Detached deposit(CommandExecutor& executor, std::promise<TraceContext>& done) {
  CoroutineSpan span("saga");
  auto pending = executor.run(bank::Deposit{bank::account(1), 5});
  const auto result = co_await span.across(pending);
  EXPECT_TRUE(result);
  { Span after("after"); }
  done.set_value(current_trace());
}

TEST_F(CoroutineSpanTest, GoesOnAfterACommand) {
  install();
  const auto probe = tracing_probe();
  const auto store = open_memory_store({.probe = probe});
  CommandExecutor executor(*store, {.probe = probe});
  std::promise<TraceContext> done;
  deposit(executor, done);
  EXPECT_FALSE(current_trace().is_valid());
  const TraceContext inside = done.get_future().get();
  ASSERT_TRUE(executor.shutdown());
  flushed();
  const OwnedSpan saga = spans_->called("saga").at(0);
  EXPECT_EQ(inside, saga.context);
  EXPECT_TRUE(spans_->called("execute deposit").at(0).is_child_of(saga));
  EXPECT_TRUE(spans_->called("after").at(0).is_child_of(saga));
}

TEST(CoroutineSpan, IsNothingWithoutATracer) {
  Gate first;
  const auto run = [](Gate& gate) -> Detached {
    CoroutineSpan span("span");
    CoroutineSpan inner("inner", {}, &span);
    EXPECT_EQ(co_await inner.across(gate), 7);
    EXPECT_FALSE(current_trace().is_valid());
  };
  run(first);
  first.waiting.resume();
}

}  // namespace
}  // namespace eventcore
