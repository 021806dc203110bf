// A command's place in its trace: given by a probe, current in the handler, stored with the events.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "bank.hpp"

namespace {

using namespace bank;

TraceContext context(std::uint8_t id, std::uint8_t flags = 1) {
  TraceContext trace;
  trace.trace_id.fill(7);
  trace.span_id.fill(id);
  trace.flags = flags;
  return trace;
}

/// Gives every command the same place and keeps what it is told.
class TracingProbe final : public Probe {
 public:
  explicit TracingProbe(bool is_measured) : is_measured_(is_measured) {}

  ProbeInterests interests() const noexcept override { return {.traces = true}; }
  CommandTrace begin_trace(const TraceContext& parent) noexcept override {
    parents.push_back(parent);
    return {.context = context(2), .parent_id = parent.span_id, .is_measured = is_measured_};
  }
  void command_finished(const CommandRecord& record) noexcept override {
    ++finished;
    trace = record.trace;
    span = record.span == nullptr ? CommandTrace{} : *record.span;
    phases = record.phases;
    timeline.assign(record.timeline.begin(), record.timeline.end());
  }
  void group_committed(const GroupRecord& record) noexcept override {
    groups.assign(record.traces.begin(), record.traces.end());
  }

  std::vector<TraceContext> parents;
  std::vector<TraceContext> groups;
  int finished = 0;
  TraceContext trace;
  CommandTrace span;
  PhaseTimes phases;
  std::vector<AttemptRecord> timeline;

 private:
  const bool is_measured_;
};

TEST(CommandTrace, IsCurrentInTheHandlerAndStored) {
  const auto probe = std::make_shared<TracingProbe>(false);
  const auto store = open_memory_store({.probe = probe});
  CommandExecutor executor(
      *store, {.follows_others = false, .phase_timing = PhaseTiming::Never, .probe = probe});
  TraceContext inside;
  ASSERT_TRUE(
      executor.execute(Deposit{account(1), 1, [&](const Account&) { inside = current_trace(); }},
                       {.trace = context(1)}));
  EXPECT_EQ(probe->parents, std::vector{context(1)});
  EXPECT_EQ(inside, context(2));
  EXPECT_EQ(probe->trace, context(2));
  EXPECT_EQ(probe->span.parent_id, context(1).span_id);
  EXPECT_EQ(probe->groups, std::vector{context(2)});
  EXPECT_FALSE(probe->phases.measured);
  EXPECT_TRUE(probe->timeline.empty());
  const auto page = store->read(LogQuery{.with_batch = true});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events.at(0).batch->trace, context(2));
}

TEST(CommandTrace, TellsOfEveryAttemptIfMeasured) {
  const auto probe = std::make_shared<TracingProbe>(true);
  const auto store = open_memory_store();
  CommandExecutor executor(
      *store, {.follows_others = false, .phase_timing = PhaseTiming::Never, .probe = probe});
  int attempts = 0;
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1, [&](const Account&) {
                                         if (++attempts < 3)
                                           deposit_directly(*store, account(1), 1);
                                       }}));
  EXPECT_TRUE(probe->phases.measured);
  ASSERT_EQ(probe->timeline.size(), 3U);
  std::chrono::nanoseconds handled{};
  Instant former{};
  for (const AttemptRecord& attempt : probe->timeline) {
    EXPECT_GT(attempt.started, former);
    EXPECT_GE(attempt.ended - attempt.started, attempt.phases[CommandPhase::Handle]);
    EXPECT_EQ(attempt.phases[CommandPhase::Backoff], std::chrono::nanoseconds{});
    handled += attempt.phases[CommandPhase::Handle];
    former = attempt.ended;
  }
  EXPECT_EQ(handled, probe->phases[CommandPhase::Handle]);
}

TEST(CommandTrace, IsAskedOfOneProbeOfSeveral) {
  const auto first = std::make_shared<TracingProbe>(false);
  const auto second = std::make_shared<TracingProbe>(false);
  const auto store = open_memory_store();
  CommandExecutor executor(*store, {.probe = combine({first, second})});
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  EXPECT_EQ(first->parents.size(), 1U);
  EXPECT_TRUE(second->parents.empty());
  EXPECT_EQ(second->trace, context(2));
}

TEST(CommandTrace, IsThatOfTheCallerWithoutAProbe) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store);
  const TraceScope scope(context(1));
  TraceContext inside;
  ASSERT_TRUE(
      executor.execute(Deposit{account(1), 1, [&](const Account&) { inside = current_trace(); }}));
  EXPECT_EQ(inside, context(1));
}

TEST(CommandTrace, BelongsToWhoSubmits) {
  const auto probe = std::make_shared<TracingProbe>(true);
  const auto store = open_memory_store();
  CommandExecutor executor(*store, {.probe = probe});
  std::atomic<bool> inside = false;
  {
    const TraceScope scope(context(1));
    ASSERT_TRUE(executor.submit(Deposit{account(1), 1},
                                [&](const auto&) { inside = current_trace() == context(2); }));
  }
  ASSERT_TRUE(executor.shutdown());
  EXPECT_TRUE(inside);
  EXPECT_EQ(probe->parents, std::vector{context(1)});
}

}  // namespace
