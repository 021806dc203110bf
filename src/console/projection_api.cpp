#include <utility>

#include "api_parts.hpp"
#include "eventcore/projection_storage.hpp"

namespace eventcore::console {
namespace {

constexpr std::uint64_t kLettersMax = 1'000;
/// A request replays so many letters at most; the answer says whether some are left.
constexpr std::size_t kReplayedAtOnce = 1'000;

Json letter_json(const DeadLetter& letter) {
  return {{"projection", letter.projection},
          {"position", letter.position.value},
          {"state", to_string(letter.state)},
          {"reason", to_string(letter.reason)},
          {"message", letter.message},
          {"attempts", letter.attempts},
          {"trace_id", letter.trace_id},
          {"first_failure", time_json(letter.first_failure)},
          {"last_failure", time_json(letter.last_failure)}};
}

http::Response list_letters(const http::Request& request, EventStore& store) {
  const auto limit = number_in(request, "limit", 100, kLettersMax);
  const auto after = number_in(request, "after", 0, INT64_MAX);
  const std::string projection = request.query_parameter("projection").value_or("");
  if (!limit || !after || *limit == 0) return refuse(400, "limit and after: whole numbers");
  if (projection.empty()) return refuse(400, "projection: the name of one");
  const auto letters = store.projections().list_dead_letters(
      {.projection = projection, .after = {*after}, .limit = static_cast<std::size_t>(*limit)});
  if (!letters) return refuse(letters.error());
  Json list = Json::array();
  for (const DeadLetter& letter : *letters) list.push_back(letter_json(letter));
  const bool more = letters->size() == *limit;
  return answer({{"more", more}, {"dead_letters", std::move(list)}});
}

/// The letter that `position` names, or all that are parked.
Result<Json> replay(ProjectionStorage& storage, const std::string& name, const Json& body) {
  const auto position = body.find("position");
  if (position != body.end()) {
    if (!position->is_number_unsigned()) {
      return make_error(ErrorCode::InvalidArgument, "position: a whole number");
    }
    const auto done = storage.replay_dead_letter(name, {position->get<std::uint64_t>()});
    if (!done) return done.error();
    return Json{{"replaying", 1}, {"more", false}};
  }
  const auto letters = storage.list_dead_letters(
      {.projection = name, .state = DeadLetterState::Parked, .limit = kReplayedAtOnce});
  if (!letters) return letters.error();
  for (const DeadLetter& letter : *letters) {
    const auto done = storage.replay_dead_letter(name, letter.position);
    if (!done) return done.error();
  }
  return Json{{"replaying", letters->size()}, {"more", letters->size() == kReplayedAtOnce}};
}

using Work = Result<Json> (*)(ProjectionStorage&, const std::string&, const Json&);

Result<Json> pause(ProjectionStorage& storage, const std::string& name, const Json&) {
  const auto done = storage.pause(name);
  if (!done) return done.error();
  return Json{{"paused", true}};
}

Result<Json> resume(ProjectionStorage& storage, const std::string& name, const Json&) {
  const auto done = storage.resume(name);
  if (!done) return done.error();
  return Json{{"paused", false}};
}

}  // namespace

void mount_projection_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate,
                          ProjectionWatch& watch) {
  server.route(http::Method::Get, "/api/projections",
               [&watch](const http::Request&) { return answer(watch.latest()); });
  server.route(http::Method::Get, "/api/dead-letters", [&gate](const http::Request& request) {
    return with_store(gate,
                      [&](const StoreGate::Use& store) { return list_letters(request, *store); });
  });
  const auto mount = [&](const char* action, const std::string& path, Work work) {
    server.route(http::Method::Post, "/api/projections/{name}/" + path,
                 [&options, &gate, &watch, action, work](const http::Request& request) {
                   const std::string& name = request.parameter("name");
                   const Result<Json> body = body_of(request);
                   if (!body) return refuse(body.error());
                   return with_store(gate, [&](const StoreGate::Use& store) {
                     const auto known = store->projections().load(name);
                     if (!known) return refuse(known.error());
                     if (!*known) return refuse(404, "There is no such projection.");
                     http::Response response = act(options, request, action, name, [&] {
                       return work(store->projections(), name, *body);
                     });
                     watch.look_soon();
                     return response;
                   });
                 });
  };
  mount("pause", "pause", pause);
  mount("resume", "resume", resume);
  mount("replay_dead_letters", "replay-dead-letters", replay);
}

}  // namespace eventcore::console
