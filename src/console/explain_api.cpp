#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "../core/whole_number.hpp"
#include "api_parts.hpp"
#include "eventcore/explanation.hpp"

namespace eventcore::console {
namespace {

using namespace std::chrono_literals;

/// A search reads so long; where it ended, it can be gone on with.
constexpr auto kSearchTime = 2s;
constexpr std::size_t kExplanationsMax = 20;
constexpr std::size_t kTextMax = 512;
constexpr std::size_t kEventsMax = 1'000;

/// What somebody typed in, and what it may be.
struct Question {
  const char* kind = "correlation_id";
  std::optional<Position> position = std::nullopt;
  std::optional<Uuid> id = std::nullopt;
  std::function<bool(const StoredBatch&)> wanted = nullptr;
};

Question question_of(const std::string& text) {
  // An event's id is its command's id, a slash and its ordinal.
  const std::string_view before_slash = std::string_view(text).substr(0, text.find('/'));
  if (const auto id = Uuid::parse(before_slash)) {
    // A correlation may well be a UUID too.
    return {.kind = "command_id", .id = id, .wanted = [id = *id, text](const StoredBatch& batch) {
              return batch.id == id || batch.correlation_id == text;
            }};
  }
  if (const auto trace = parse_trace_id(text)) {
    return {.kind = "trace_id", .wanted = [trace = *trace, text](const StoredBatch& batch) {
              return batch.trace.trace_id == trace || batch.correlation_id == text;
            }};
  }
  if (const auto number = eventcore::detail::parse_whole_number(text);
      number && *number != 0 && *number <= INT64_MAX) {
    return {.kind = "position", .position = Position{*number}};
  }
  return {.wanted = [text](const StoredBatch& batch) {
    return batch.correlation_id == text || batch.key == text;
  }};
}

Json interference_json(const StoredDecision::Interferer& other) {
  return {{"stream", other.stream},
          {"expected_version", other.expected.value},
          {"actual_version", other.actual.value},
          {"winner_command", other.winner_command_type},
          {"winner_command_id", other.winner_id.is_nil() ? "" : other.winner_id.to_string()},
          {"winner_position", other.winner_position.value}};
}

Json explanation_json(const Explanation& explanation, bool show_payloads) {
  const StoredBatch& batch = *explanation.batch;
  Json reads = Json::array();
  for (const StoredDecision::Read& read : explanation.decision.reads) {
    const std::uint64_t written = read.written ? explanation.events_written(read.stream) : 0;
    reads.push_back({{"stream", read.stream},
                     {"version", read.version.value},
                     {"written", written},
                     {"version_after", read.version.value + written}});
  }
  Json interference = Json::array();
  for (const auto& other : explanation.decision.interference) {
    interference.push_back(interference_json(other));
  }
  Json events = Json::array();
  for (const EventPage& page : explanation.pages) {
    for (const StoredEvent& event : page.events) {
      if (events.size() < kEventsMax) events.push_back(event_json(event, show_payloads));
    }
  }
  return {{"command", batch.command_type},
          {"command_id", batch.id.to_string()},
          {"first_position", batch.first.value},
          {"last_position", explanation.last().value},
          {"time", time_json(explanation.pages.front().events.front().time)},
          {"attempts", batch.attempts},
          {"idempotency_key", batch.key},
          {"correlation_id", batch.correlation_id},
          {"causation_id", batch.causation_id},
          {"trace_id", batch.trace.trace_id_text()},
          {"reads", std::move(reads)},
          {"interference", std::move(interference)},
          {"applied_by", explanation.applied_by},
          {"awaited_by", explanation.awaited_by},
          {"events", std::move(events)}};
}

http::Response explain_one(const Question& question, EventStore& store, bool show_payloads) {
  const auto explanation = explain_position(store, *question.position);
  if (!explanation) return refuse(explanation.error());
  Json list = Json::array();
  if (*explanation) list.push_back(explanation_json(**explanation, show_payloads));
  const std::uint64_t head = store.head().value;
  return answer({{"kind", question.kind},
                 {"head", head},
                 {"searched_to", head},
                 {"explanations", std::move(list)}});
}

http::Response search(const Question& question, Position after, EventStore& store,
                      bool show_payloads) {
  const auto found = find_batches(store, {.wanted = question.wanted,
                                          .after = after,
                                          .batches_max = kExplanationsMax,
                                          .deadline = Deadline::after(kSearchTime)});
  if (!found) return refuse(found.error());
  Json list = Json::array();
  for (const FoundBatches::Place& place : found->batches) {
    const Result<Explanation> explanation = explain_batch(store, place.first, place.events);
    if (!explanation) return refuse(explanation.error());
    list.push_back(explanation_json(*explanation, show_payloads));
  }
  return answer({{"kind", question.kind},
                 {"head", found->head.value},
                 {"searched_from", after.value},
                 {"searched_to", found->searched_to.value},
                 {"explanations", std::move(list)}});
}

http::Response explain(const http::Request& request, EventStore& store, bool show_payloads) {
  const std::string text = request.query_parameter("q").value_or("");
  if (text.empty() || text.size() > kTextMax) {
    return refuse(400, "q: a position, command id, trace id or correlation id");
  }
  const Question question = question_of(text);
  if (question.position) return explain_one(question, store, show_payloads);
  std::optional<std::uint64_t> after = number_in(request, "after", 0, INT64_MAX);
  if (!after) return refuse(400, "after: a position");
  if (question.id && *after == 0 && !request.query_parameter("after")) {
    const Result<Position> begin = search_begin(store, *question.id);
    if (!begin) return refuse(begin.error());
    after = begin->value;
  }
  return search(question, {*after}, store, show_payloads);
}

}  // namespace

void mount_explain_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate) {
  // A search takes a worker for seconds, so there is one at a time.
  const auto searching = std::make_shared<std::atomic_flag>();
  server.route(http::Method::Get, "/api/explain",
               [&options, &gate, searching](const http::Request& request) {
                 if (searching->test_and_set(std::memory_order_acquire)) {
                   return refuse(503, "Somebody else is searching; try again.");
                 }
                 struct Done {
                   std::atomic_flag& flag;
                   ~Done() { flag.clear(std::memory_order_release); }
                 } const done{*searching};
                 return with_store(gate, [&](const StoreGate::Use& store) {
                   return explain(request, *store, options.show_payloads);
                 });
               });
}

}  // namespace eventcore::console
