#pragma once

/// \file
/// `Scenario`: given events, when a command runs, then these events or this refusal.
///
///     Scenario scenario;
///     scenario.given(account, Opened{"Ann"}, Deposited{100})
///         .when(Withdraw{account, 30})
///         .then_events(Withdrawn{30});
///     scenario.when(Withdraw{account, 500}).then_rejected("not_enough");
///
/// The command runs through a real `CommandExecutor`, on a memory store unless another is given.
/// Expectations that fail are failures of the running GoogleTest case. Example:
/// examples/command_test.cpp.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/codec.hpp"
#include "eventcore/command_executor.hpp"
#include "eventcore/event_store.hpp"

namespace eventcore::testing {

/// An event as it is stored.
struct EncodedEvent {
  std::string stream;  ///< Empty: any stream.
  std::string type;
  std::uint32_t schema_version = 1;
  std::string payload;
};

/// The stored form of `event`. A value that can't be encoded is a programmer error.
template <Encodable E>
[[nodiscard]] EncodedEvent encoded(std::string_view stream, const E& event) {
  EncodedEvent form{std::string(stream), std::string(event_name<E>), event_version<E>, {}};
  const Result<void> done = encode_event(event, form.payload);
  EVENTCORE_ASSERT(done.has_value(), done.has_value() ? "" : done.error().message);
  return form;
}

/// The line of a test. As a default argument it is the caller's.
struct TestLine {
  TestLine(const char* in_file = __builtin_FILE(), int at_line = __builtin_LINE())
      : file(in_file), line(at_line) {}
  const char* file;
  int line;
};

/// What a command of a scenario came to. Each `then` adds a GoogleTest failure, at the line of the
/// `when`, if it is not so.
class ScenarioOutcome {
 public:
  ScenarioOutcome(TestLine line, Result<ExecutionResult> result, std::string rejection_code,
                  std::vector<EncodedEvent> events);

  /// The command was accepted and stored exactly these events, in this order, on any streams.
  template <class... Es>
  ScenarioOutcome& then_events(const Es&... events) {
    return then_stored(std::vector<EncodedEvent>{encoded("", events)...});
  }
  /// The command was accepted, and these are all its events on `stream`, in this order.
  template <class... Es>
  ScenarioOutcome& then_events_on(const StreamId& stream, const Es&... events) {
    return then_stored_on(stream, {encoded(stream.view(), events)...});
  }
  /// The command was accepted and had nothing to store.
  ScenarioOutcome& then_no_events();
  /// The command was refused with `code`.
  ScenarioOutcome& then_rejected(std::string_view code);
  /// The execution failed with `code`.
  ScenarioOutcome& then_error(ErrorCode code);

  /// The executor's result, for everything else.
  [[nodiscard]] const Result<ExecutionResult>& result() const noexcept { return result_; }
  /// What the command stored.
  [[nodiscard]] const std::vector<EncodedEvent>& events() const noexcept { return events_; }

 private:
  ScenarioOutcome& then_stored(const std::vector<EncodedEvent>& expected);
  ScenarioOutcome& then_stored_on(const StreamId& stream,
                                  const std::vector<EncodedEvent>& expected);
  [[nodiscard]] bool expect_accepted(std::string_view what) const;
  void expect_same(const std::vector<EncodedEvent>& expected,
                   const std::vector<EncodedEvent>& actual) const;
  [[nodiscard]] std::string describe_outcome() const;

  TestLine line_;
  Result<ExecutionResult> result_;
  std::string rejection_code_;
  std::vector<EncodedEvent> events_;
};

/// One history and the commands that run on it. Thread-safety: One thread at a time.
class Scenario {
 public:
  /// On a memory store of its own.
  Scenario();
  /// On `store`, which must outlive it, as it is.
  explicit Scenario(EventStore& store);
  ~Scenario();

  /// Appends `events` to `stream`. A store that refuses is a failure of the test.
  template <class... Es>
  Scenario& given(const StreamId& stream, const Es&... events) {
    return append({encoded(stream.view(), events)...});
  }

  /// Executes `command`. Blocking: until it is done.
  template <class C>
  ScenarioOutcome when(const C& command, const ExecuteOptions& options = {}, TestLine line = {}) {
    Result<Executed<C>> executed = executor_->execute(command, options);
    if (!executed) return outcome(line, std::move(executed).error(), {});
    std::string code;
    if (executed->rejection()) code = FixedName(executed->rejection()->code).view();
    return outcome(line, ExecutionResult(*std::move(executed)), std::move(code));
  }

  [[nodiscard]] EventStore& store() noexcept { return *store_; }

 private:
  Scenario& append(const std::vector<EncodedEvent>& events);
  [[nodiscard]] ScenarioOutcome outcome(TestLine line, Result<ExecutionResult> result,
                                        std::string code);

  std::unique_ptr<EventStore> own_store_;
  EventStore* store_;
  std::unique_ptr<CommandExecutor> executor_;
};

/// Appends `events` as one batch, whatever the streams' versions. Errors: submit_append.
[[nodiscard]] Result<void> append_encoded(EventStore& store,
                                          const std::vector<EncodedEvent>& events);

}  // namespace eventcore::testing
