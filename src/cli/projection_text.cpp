#include "projection_text.hpp"

#include <CLI/CLI.hpp>

#include "json_text.hpp"
#include "store_option.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

void add_time(JsonObject& object, std::string_view name, Timestamp time) {
  if (time == Timestamp{}) {
    object.json(name, "null");
  } else {
    object.text(name, full_time(time));
  }
}

}  // namespace

void add_projection_options(CLI::App& command, ProjectionOptions& options) {
  add_store_option(command, options.store);
  command.add_option("NAME", options.name, "The projection, as the list shows it")
      ->required()
      ->check(not_empty);
  command.add_flag("--json", options.json, "Print an object a line for machines");
}

std::optional<ProjectionRecord> find_projection(EventStore& store, const std::string& name,
                                                Console& console, ExitCode& code) {
  Result<std::optional<ProjectionRecord>> found = store.projections().load(name);
  if (!found) {
    code = console.fail(found.error());
    return std::nullopt;
  }
  if (!*found) {
    code = console.fail(ExitCode::Failed, "there is no projection '" + name +
                                              "'; eventcore projections list shows all");
  }
  return *std::move(found);
}

std::string request_text(const ProjectionRecord& record) {
  std::string text;
  const auto add = [&text](const std::string& request) {
    if (!text.empty()) text += ", ";
    text += request;
  };
  if (record.paused) add("paused");
  if (record.has_pending_reset()) {
    add("reset to " + std::to_string(record.reset_to.value));
  } else if (record.position < record.quiet_until) {
    add("rebuild to " + std::to_string(record.quiet_until.value));
  }
  if (record.skip.value != 0) add("skip " + std::to_string(record.skip.value));
  if (record.replays != 0) add("replay " + counted(record.replays, "dead letter"));
  return text.empty() ? "-" : text;
}

std::string_view lease_state(const ProjectionLease& lease, Timestamp now) {
  if (lease.holder.empty()) return "free";
  return lease.is_free(now) ? "expired" : "held";
}

std::string lag_text(const ProjectionLag& lag) {
  if (lag.beyond_head) return "checkpoint is beyond the head";
  if (lag.events == 0) return "caught up";
  return counted(lag.events, "event") + ", " + short_age(lag.age);
}

std::string projection_json(const ProjectionRecord& record, const ProjectionLag& lag) {
  JsonObject object;
  object.text("projection", record.name)
      .number("position", record.position.value)
      .number("head", lag.head.value)
      .number("lag_events", lag.events)
      .number("lag_ns", static_cast<std::uint64_t>(lag.age.count()))
      .boolean("beyond_head", lag.beyond_head);
  add_time(object, "saved_at", record.saved_at);
  object.text("holder", record.lease.holder).number("token", record.lease.token);
  add_time(object, "lease_expires", record.lease.expires);
  object.boolean("paused", record.paused);
  object.json("reset_to",
              record.has_pending_reset() ? std::to_string(record.reset_to.value) : "null");
  object.json("skip", record.skip.value == 0 ? "null" : std::to_string(record.skip.value));
  object.json("rebuild_until", record.position < record.quiet_until
                                   ? std::to_string(record.quiet_until.value)
                                   : "null");
  object.number("dead_letters", record.dead_letters).number("replays", record.replays);
  return object.str();
}

std::string lease_json(const ProjectionRecord& record, Timestamp now) {
  JsonObject object;
  object.text("projection", record.name)
      .text("state", lease_state(record.lease, now))
      .text("holder", record.lease.holder)
      .number("token", record.lease.token);
  add_time(object, "expires", record.lease.expires);
  return object.str();
}

std::string letter_json(const DeadLetter& letter) {
  return JsonObject()
      .text("projection", letter.projection)
      .number("position", letter.position.value)
      .text("state", to_string(letter.state))
      .text("reason", to_string(letter.reason))
      .number("attempts", letter.attempts)
      .text("first_failure", full_time(letter.first_failure))
      .text("last_failure", full_time(letter.last_failure))
      .text("trace_id", letter.trace_id)
      .text("message", letter.message)
      .str();
}

}  // namespace eventcore::cli
