#include "console_answers.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "../scrape/scraped_service.hpp"
#include "../time_text.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

constexpr auto kAskAgain = std::chrono::seconds(30);
constexpr std::size_t kSlowMax = 100;

double number(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : kNoNumber;
}

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_streams(const json& overview, TopLook& look) {
  const auto hot = overview.find("hot_streams");
  if (hot == overview.end() || !hot->is_array()) return;
  std::vector<StreamRow> rows;
  for (const json& stream : *hot) {
    StreamRow row{.name = text(stream, "stream"),
                  .version = number(stream, "version"),
                  .writes = number(stream, "writes"),
                  .conflicts = number(stream, "conflicts")};
    for (const StreamRow& known : look.streams) {
      if (known.name == row.name) row.per_second = known.per_second;
    }
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) look.streams = std::move(rows);
}

void add_projections(const json& overview, TopLook& look) {
  const auto projections = overview.find("projections");
  if (projections == overview.end() || !projections->is_object()) return;
  for (const json& told : projections->value("list", json::array())) {
    for (ProjectionRow& row : look.projections) {
      if (row.name != text(told, "name")) continue;
      if (const std::string state = text(told, "state"); !state.empty()) row.state = state;
      const json lease = told.value("lease", json::object());
      const json here = told.value("here", json());
      row.more.emplace_back("lease", text(lease, "state"));
      row.more.emplace_back("holder", text(lease, "holder"));
      row.more.emplace_back("last error", here.is_object() ? text(here, "last_error") : "");
    }
  }
}

std::string story_of(const json& command) {
  if (const std::string error = text(command, "error"); !error.empty()) {
    return error + ": " + text(command, "error_message");
  }
  std::string story;
  for (const json& lost : command.value("conflicts", json::array())) {
    story += (story.empty() ? "" : "; ") + text(lost, "stream") + " lost to " +
             text(lost, "winner_command_type");
  }
  return story;
}

void add_slow(const json& recorded, TopLook& look) {
  for (const json& command : recorded.value("slowest", json::array())) {
    if (look.slow.size() == kSlowMax) break;
    const auto ended = command.value("ended_unix_ns", std::int64_t{0});
    look.slow.push_back({.name = text(command, "command_type"),
                         .ended = short_time(Timestamp{std::chrono::nanoseconds{ended}}),
                         .outcome = text(command, "outcome"),
                         .milliseconds = number(command, "duration_ns") / 1e6,
                         .attempts = number(command, "attempts"),
                         .story = story_of(command),
                         .trace = text(command, "trace_id")});
  }
}

}  // namespace

ConsoleAnswers::ConsoleAnswers(std::string url)
    : url_(std::move(url)),
      client_({.timeout = std::chrono::milliseconds(500),
               .bearer_token = operator_token_of_environment()}) {}

std::string ConsoleAnswers::text_of(Page& page, const std::stop_token& stop) {
  const auto now = std::chrono::steady_clock::now();
  if (now < page.not_before) return {};
  Result<HttpReply> reply = client_.get(url_ + page.path, stop);
  if (reply && reply->status == 200) return std::move(reply->body);
  page.not_before = now + kAskAgain;
  return {};
}

void ConsoleAnswers::add_to(TopLook& look, const std::stop_token& stop) {
  try {
    if (const std::string answer = text_of(overview_, stop); !answer.empty()) {
      const json overview = json::parse(answer);
      add_streams(overview, look);
      add_projections(overview, look);
    }
    if (const std::string answer = text_of(commands_, stop); !answer.empty()) {
      add_slow(json::parse(answer), look);
    }
  } catch (const json::exception&) {
    // Something else answers there: what `/metrics` says is enough.
    overview_.not_before = commands_.not_before = std::chrono::steady_clock::now() + kAskAgain;
  }
}

}  // namespace eventcore::cli
