// The span trees of commands and projections, as docs/reference/spans.md promises them.

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "../executor/bank.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/tracing/execute_command_traced.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracing_probe.hpp"
#include "span_tree.hpp"
#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

using namespace bank;

/// Counts; fails while it is told to.
class CountingProjector final : public EventProjector {
 public:
  explicit CountingProjector(int failures = 0)
      : EventProjector({.name = "balances"}), failures_(failures) {}

  TraceContext seen;

 protected:
  Result<void> apply_stored(const StoredEvent&, const ProjectionContext&) override {
    seen = current_trace();
    if (failures_ == 0) return {};
    --failures_;
    return make_error(ErrorCode::Unavailable, "the read model is away");
  }

 private:
  int failures_;
};

class CommandSpans : public TracerFixture {
 protected:
  CommandSpans() { open({}); }

  /// Opens the store and its executor, with tracing.
  void open(CommandExecutorOptions options) {
    const auto probe = tracing_probe({.db_system = "memory"});
    executor_.reset();
    store_ = open_memory_store({.probe = probe});
    options.probe = probe;
    options.follows_others = false;  // what an attempt reads is known then
    executor_ = std::make_unique<CommandExecutor>(*store_, options);
  }
  std::string tree() { return span_tree(flushed()); }
  /// Applies all events to `projector`, with tracing.
  void drain(std::shared_ptr<Projector> projector) {
    ProjectionRunnerOptions options;
    options.failure.pause_first = std::chrono::milliseconds(1);
    options.probe = tracing_projection_probe();
    const auto runner = ProjectionRunner::open(*store_, std::move(projector), options);
    ASSERT_TRUE(runner);
    const Result<void> drained = (*runner)->drain();
    ASSERT_TRUE(drained) << describe(drained.error());
  }

  std::unique_ptr<EventStore> store_;
  std::unique_ptr<CommandExecutor> executor_;
};

TEST_F(CommandSpans, OfACommand) {
  install();
  ASSERT_TRUE(executor_->execute(
      Deposit{account(1), 5, [](const Account&) { Span("look up").attribute("n", 1); }},
      {.correlation_id = "order 7"}));
  EXPECT_EQ(
      tree(),
      R"(execute deposit [internal] command.success=true command.type='deposit' command_id=* eventcore.attempts=1 eventcore.correlation_id='order 7' eventcore.events.folded=0 eventcore.outcome='committed' eventcore.position=1 eventcore.stream_ids='account-1' eventcore.streams.read=1 events.count=1 streams.count=1
  attempt [internal] eventcore.attempt=1 eventcore.fold_ns=*
    read [client] db.operation.name='read' db.system.name='memory'
    handle [internal]
    append [client] db.operation.batch.size=1 db.operation.name='append' db.system.name='memory'
  look up [internal] n=1
  commit group [client] db.operation.batch.size=1 db.operation.name='commit' db.system.name='memory' eventcore.group.bytes=* eventcore.group.commands=1 eventcore.group.conflicts=0 eventcore.queue.depth=* eventcore.queue.wait_max_ns=*
)");
}

TEST_F(CommandSpans, OfAConflictThatIsRetried) {
  install();
  int attempts = 0;
  ASSERT_TRUE(executor_->execute(Deposit{account(1), 5, [&](const Account&) {
                                           if (++attempts == 1)
                                             deposit_directly(*store_, account(1), 1);
                                         }}));
  EXPECT_EQ(
      tree(),
      R"(execute deposit [internal] command.success=true command.type='deposit' command_id=* eventcore.attempts=2 eventcore.events.folded=1 eventcore.outcome='committed' eventcore.position=2 eventcore.stream_ids='account-1' eventcore.streams.read=1 events.count=1 streams.count=1
  attempt [internal] error.type='version_conflict' eventcore.attempt=1 eventcore.fold_ns=*
    ! conflict eventcore.stream_id='account-1' eventcore.version.actual=1 eventcore.version.expected=0 eventcore.winner.command_type='' eventcore.winner.position=1
    read [client] db.operation.name='read' db.system.name='memory'
    handle [internal]
    append [client] db.operation.batch.size=1 db.operation.name='append' db.system.name='memory'
  attempt [internal] eventcore.attempt=2 eventcore.fold_ns=*
    read [client] db.operation.name='read' db.system.name='memory'
    handle [internal]
    append [client] db.operation.batch.size=1 db.operation.name='append' db.system.name='memory'
  commit group [client] db.operation.batch.size=1 db.operation.name='commit' db.system.name='memory' eventcore.group.bytes=* eventcore.group.commands=1 eventcore.group.conflicts=0 eventcore.queue.depth=* eventcore.queue.wait_max_ns=*
)");
}

TEST_F(CommandSpans, OfARefusal) {
  install();
  ASSERT_TRUE(executor_->execute(Deposit{account(1), -5}));
  const auto spans = flushed();
  const OwnedSpan span = spans_->called("execute deposit").at(0);
  EXPECT_EQ(span.status, SpanStatus::Unset);
  EXPECT_EQ(span.attributes.at("command.success"), OwnedValue(false));
  EXPECT_EQ(span.attributes.at("eventcore.outcome"), OwnedValue(std::string("rejected")));
  EXPECT_EQ(span.attributes.at("eventcore.rejection"), OwnedValue(std::string("negative_amount")));
  EXPECT_FALSE(span.attributes.contains("error.type"));
}

TEST_F(CommandSpans, OfAnError) {
  install();
  open({.attempts_max = 2});
  const auto result = executor_->execute(
      Deposit{account(1), 5, [&](const Account&) { deposit_directly(*store_, account(1), 1); }});
  ASSERT_FALSE(result);
  flushed();
  const OwnedSpan span = spans_->called("execute deposit").at(0);
  EXPECT_EQ(span.status, SpanStatus::Error);
  EXPECT_EQ(span.status_message, result.error().message);
  EXPECT_EQ(span.attributes.at("command.success"), OwnedValue(false));
  EXPECT_EQ(span.attributes.at("error.type"), OwnedValue(std::string("version_conflict")));
  EXPECT_EQ(span.attributes.at("error.message"), OwnedValue(result.error().message));
  const auto attempts = spans_->called("attempt");
  ASSERT_EQ(attempts.size(), 2U);
  for (const OwnedSpan& attempt : attempts) {
    ASSERT_EQ(attempt.events.size(), 1U);
    EXPECT_EQ(attempt.events[0].name, "conflict");
  }
}

TEST_F(CommandSpans, OfWhatFailsWithoutAttempts) {
  install();
  ASSERT_TRUE(executor_->shutdown());
  ASSERT_FALSE(executor_->execute(Deposit{account(1), 5}));
  EXPECT_EQ(spans_->all().size(), 0U);
  flushed();
  ASSERT_EQ(spans_->all().size(), 1U);
  EXPECT_EQ(spans_->all()[0].status, SpanStatus::Error);
  EXPECT_LT(spans_->all()[0].end - spans_->all()[0].start, std::chrono::minutes(1));
}

TEST_F(CommandSpans, BelongToTheirCaller) {
  install();
  {
    Span request("request");
    ASSERT_TRUE(executor_->execute(Deposit{account(1), 5}));
  }
  flushed();
  EXPECT_TRUE(spans_->called("execute deposit").at(0).is_child_of(spans_->called("request").at(0)));
}

TEST_F(CommandSpans, OfASubmittedCommandBelongToWhoSubmitted) {
  install();
  {
    Span request("request");
    ASSERT_TRUE(executor_->submit(Deposit{account(1), 5}, [](const auto&) { Span("told"); }));
  }
  ASSERT_TRUE(executor_->shutdown());
  flushed();
  const OwnedSpan command = spans_->called("execute deposit").at(0);
  EXPECT_TRUE(command.is_child_of(spans_->called("request").at(0)));
  EXPECT_TRUE(spans_->called("queue").at(0).is_child_of(command));
  EXPECT_TRUE(spans_->called("told").at(0).is_child_of(command));
}

TEST_F(CommandSpans, LeadFromTheStoredEvents) {
  install({.sampler = Sampler::always_off()});
  ASSERT_TRUE(executor_->execute(Deposit{account(1), 5}));
  EXPECT_TRUE(flushed().empty());
  const auto page = store_->read(LogQuery{.with_batch = true});
  ASSERT_TRUE(page);
  const TraceContext& unsampled = page->events.at(0).batch->trace;
  EXPECT_TRUE(unsampled.is_valid());
  EXPECT_FALSE(unsampled.is_sampled());
  install();
  ASSERT_TRUE(executor_->execute(Deposit{account(2), 5}));
  flushed();
  const auto more = store_->read(LogQuery{.with_batch = true});
  EXPECT_EQ(more->events.at(1).batch->trace, spans_->called("execute deposit").at(0).context);
}

TEST_F(CommandSpans, OfABatchLinkToTheWriters) {
  install();
  ASSERT_TRUE(executor_->execute(Deposit{account(1), 5}));
  ASSERT_TRUE(executor_->execute(Transfer{account(1), account(2), 3}));
  auto projector = std::make_shared<CountingProjector>();
  drain(projector);
  flushed();
  auto spans = spans_->all();
  const OwnedSpan batch = spans_->called("process balances").at(0);
  EXPECT_EQ(projector->seen, batch.context);
  // Without what commands do, but with what links lead to.
  std::erase_if(spans, [](const OwnedSpan& span) {
    return !span.name.starts_with("process") && !span.name.starts_with("execute") &&
           span.name != "apply" && span.name != "checkpoint";
  });
  const std::string tree = span_tree(spans);
  EXPECT_EQ(
      tree.substr(tree.find("process")),
      R"(process balances [consumer] eventcore.position.first=1 eventcore.position.last=3 eventcore.projection='balances' messaging.batch.message_count=3 messaging.operation.type='process' messaging.system='eventcore'
  -> execute deposit
  -> execute transfer
  apply [internal]
  checkpoint [client]
)");
}

TEST_F(CommandSpans, OfABatchThatFailsSayWhy) {
  install();
  ASSERT_TRUE(executor_->execute(Deposit{account(1), 5}));
  drain(std::make_shared<CountingProjector>(1));
  flushed();
  const auto batches = spans_->called("process balances");
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].status, SpanStatus::Error);
  EXPECT_EQ(batches[0].attributes.at("error.message"),
            OwnedValue(std::string("the read model is away")));
  EXPECT_EQ(batches[1].status, SpanStatus::Unset);
  EXPECT_NE(batches[0].context.trace_id, batches[1].context.trace_id);
}

TEST_F(CommandSpans, AreMadeWithoutAProbeToo) {
  install();
  CommandExecutor plain(*store_);
  const auto result = execute_command_traced(Deposit{account(1), 5}, plain);
  ASSERT_TRUE(result);
  ASSERT_TRUE(execute_command_traced(Deposit{account(1), 5}, *executor_));
  ASSERT_FALSE(
      execute_command_traced(Deposit{account(1), 5}, plain,
                             {.deadline = {}, .idempotency_key = std::string(10'000, 'k')}));
  flushed();
  const auto spans = spans_->called("execute deposit");
  ASSERT_EQ(spans.size(), 3U);
  for (const char* key :
       {"command_id", "command.type", "command.success", "events.count", "streams.count"}) {
    EXPECT_TRUE(spans[0].attributes.contains(key)) << key;
    EXPECT_TRUE(spans[1].attributes.contains(key)) << key;
  }
  EXPECT_EQ(spans[0].attributes.at("command_id"), OwnedValue(result->command_id().to_string()));
  EXPECT_EQ(spans[2].attributes.at("command.success"), OwnedValue(false));
  EXPECT_TRUE(spans[2].attributes.contains("error.message"));
  EXPECT_TRUE(spans[2].attributes.contains("error.type"));
  const auto page = store_->read(LogQuery{.with_batch = true});
  EXPECT_EQ(page->events.at(0).batch->trace, spans[0].context);
}

}  // namespace
}  // namespace eventcore
