#include "eventcore/testing/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "eventcore/memory_store.hpp"

namespace eventcore::testing {

namespace {

std::string lines(const std::vector<EncodedEvent>& events) {
  if (events.empty()) return "  (none)\n";
  std::string text;
  for (const EncodedEvent& event : events) {
    text += "  " + event.type + " v" + std::to_string(event.schema_version);
    if (!event.stream.empty()) text += " on " + event.stream;
    text += ": " + event.payload.substr(0, 400) + "\n";
  }
  return text;
}

bool same(const EncodedEvent& expected, const EncodedEvent& actual) {
  return (expected.stream.empty() || expected.stream == actual.stream) &&
         expected.type == actual.type && expected.schema_version == actual.schema_version &&
         expected.payload == actual.payload;
}

}  // namespace

ScenarioOutcome::ScenarioOutcome(TestLine line, Result<ExecutionResult> result,
                                 std::string rejection_code, std::vector<EncodedEvent> events)
    : line_(line),
      result_(std::move(result)),
      rejection_code_(std::move(rejection_code)),
      events_(std::move(events)) {}

void ScenarioOutcome::expect_same(const std::vector<EncodedEvent>& expected,
                                  const std::vector<EncodedEvent>& actual) const {
  if (!std::equal(expected.begin(), expected.end(), actual.begin(), actual.end(), same)) {
    ADD_FAILURE_AT(line_.file, line_.line) << "expected events:\n"
                                           << lines(expected) << "stored events:\n"
                                           << lines(events_);
  }
}

std::string ScenarioOutcome::describe_outcome() const {
  if (!result_) return "the error " + describe(result_.error());
  if (result_->rejected()) return "refused with '" + rejection_code_ + "'";
  return "accepted; stored events:\n" + lines(events_);
}

bool ScenarioOutcome::expect_accepted(std::string_view what) const {
  if (result_ && !result_->rejected()) return true;
  ADD_FAILURE_AT(line_.file, line_.line)
      << "expected " << what << ", but the command was " << describe_outcome();
  return false;
}

ScenarioOutcome& ScenarioOutcome::then_stored(const std::vector<EncodedEvent>& expected) {
  if (expect_accepted("events")) expect_same(expected, events_);
  return *this;
}

ScenarioOutcome& ScenarioOutcome::then_stored_on(const StreamId& stream,
                                                 const std::vector<EncodedEvent>& expected) {
  if (!expect_accepted("events")) return *this;
  std::vector<EncodedEvent> on_stream;
  std::copy_if(events_.begin(), events_.end(), std::back_inserter(on_stream),
               [&](const EncodedEvent& event) { return event.stream == stream.view(); });
  expect_same(expected, on_stream);
  return *this;
}

ScenarioOutcome& ScenarioOutcome::then_no_events() {
  if (expect_accepted("an accepted command without events")) expect_same({}, events_);
  return *this;
}

ScenarioOutcome& ScenarioOutcome::then_rejected(std::string_view code) {
  if (!result_ || !result_->rejected() || rejection_code_ != code) {
    ADD_FAILURE_AT(line_.file, line_.line)
        << "expected a refusal with '" << code << "', but the command was " << describe_outcome();
  }
  return *this;
}

ScenarioOutcome& ScenarioOutcome::then_error(ErrorCode code) {
  if (result_ || result_.error().code != code) {
    ADD_FAILURE_AT(line_.file, line_.line) << "expected the error " << to_string(code)
                                           << ", but the command was " << describe_outcome();
  }
  return *this;
}

Scenario::Scenario()
    : own_store_(open_memory_store()),
      store_(own_store_.get()),
      executor_(std::make_unique<CommandExecutor>(*store_)) {}

Scenario::Scenario(EventStore& store)
    : store_(&store), executor_(std::make_unique<CommandExecutor>(store)) {}

Scenario::~Scenario() = default;

Result<void> append_encoded(EventStore& store, const std::vector<EncodedEvent>& events) {
  WriteBatch batch;
  batch.info.id = mint_uuid_now(system_clock());
  batch.info.command_type = "given";
  for (const EncodedEvent& event : events) {
    std::optional<std::uint32_t> stream = batch.find_stream(event.stream);
    if (!stream) {
      Result<StreamId> id = StreamId::parse(event.stream);
      if (!id) return std::move(id).error();
      stream = batch.add_stream(*std::move(id), ExpectedVersion::any());
    }
    batch.add_event(*stream, event.type, event.schema_version, event.payload);
  }
  if (const Result<WriteResult> written = store.append(batch); !written) return written.error();
  return {};
}

Scenario& Scenario::append(const std::vector<EncodedEvent>& events) {
  if (const Result<void> done = append_encoded(*store_, events); !done) {
    ADD_FAILURE() << "the given events were not stored: " << describe(done.error());
  }
  return *this;
}

ScenarioOutcome Scenario::outcome(TestLine line, Result<ExecutionResult> result, std::string code) {
  std::vector<EncodedEvent> events;
  const std::size_t count = result && result->committed() ? result->event_count() : 0;
  if (count > 0) {
    LogQuery query;
    query.after = {result->position().value - count};
    query.until = result->position();
    const Result<EventPage> page = store_->read(query);
    if (!page) {
      ADD_FAILURE() << "the stored events can't be read: " << describe(page.error());
    } else {
      for (const StoredEvent& event : page->events) {
        events.push_back({std::string(event.stream), std::string(event.type), event.schema_version,
                          std::string(event.payload)});
      }
    }
  }
  return {line, std::move(result), std::move(code), std::move(events)};
}

}  // namespace eventcore::testing
