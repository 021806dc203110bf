#include "eventcore/console/console.hpp"

#include <utility>

#include "api_parts.hpp"
#include "page_files.hpp"

namespace eventcore::console {
namespace {

constexpr std::size_t kBodyMax = 8'192;

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// Percent-escapes could spell a path of another level.
bool is_plain(std::string_view path) { return path.find('%') == std::string_view::npos; }

Json access_json(const ConsoleOptions& options, const http::Request& request) {
  const auto permits = [&](http::AccessLevel level) {
    return options.access == nullptr || options.access->permits(request, level);
  };
  const bool operates = permits(http::AccessLevel::Operate);
  return {{"read", permits(http::AccessLevel::Read)},
          {"operate", operates},
          {"actions", operates && options.allow_actions},
          {"payloads", operates && options.show_payloads}};
}

Json info_json(const ConsoleOptions& options, const StoreGate::Use* store,
               const http::Request& request, Timestamp started) {
  Json json{{"api", 1},
            {"title", options.title},
            {"version", options.version},
            {"started_at", time_json(started)},
            {"now", time_json(system_clock().wall())},
            {"interval_ms", options.interval.count()},
            {"access", access_json(options, request)},
            {"has",
             {{"metrics", options.metrics != nullptr},
              {"monitor", options.monitor != nullptr},
              {"recorder", options.recorder != nullptr},
              {"baseline", options.baseline != nullptr},
              {"health", options.health != nullptr},
              {"log", options.log_filter != nullptr},
              {"store", store != nullptr}}}};
  if (store == nullptr) {
    json["store"] = nullptr;
  } else {
    const StoreDescription& description = (*store)->description();
    json["store"] = {{"backend", description.backend},
                     {"durability", description.durability},
                     {"location", description.location}};
  }
  return json;
}

}  // namespace

Result<Json> body_of(const http::Request& request) {
  if (request.body.size() > kBodyMax) {
    return make_error(ErrorCode::LimitExceeded, "the body is larger than 8 KiB");
  }
  Json body = request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    return make_error(ErrorCode::InvalidArgument, "the body must be a JSON object");
  }
  return body;
}

http::Response act(const ConsoleOptions& options, const http::Request& request, const char* action,
                   const std::string& subject, const std::function<Result<Json>()>& work) {
  if (!options.allow_actions) return refuse(403, "This console does not act.");
  const Result<Json> done = work();
  if (options.on_action) {
    options.on_action({action, subject, request.peer, done ? "" : done.error().message});
  }
  return done ? answer(*done) : refuse(done.error());
}

http::AccessLevel access_level(const http::Request& request) noexcept {
  const http::AccessLevel level = http::access_level(request);
  if (level != http::AccessLevel::Read) return level;
  const std::string_view path = request.path;
  if (path == "/" || (path.starts_with("/console/") && is_plain(path))) {
    return http::AccessLevel::Open;
  }
  if (!is_plain(path)) return http::AccessLevel::Operate;
  for (const std::string_view shown :
       {"/api/streams", "/api/events", "/api/explain", "/api/commands", "/api/dead-letters"}) {
    if (is_below(path, shown)) return http::AccessLevel::Operate;
  }
  return level;
}

struct Console::State {
  explicit State(ConsoleOptions given)
      : options(std::move(given)),
        projections(gate, options.interval),
        feed(options, gate, projections) {}

  const ConsoleOptions options;
  const Timestamp started = system_clock().wall();
  StoreGate gate;
  ProjectionWatch projections;
  LiveFeed feed;
};

Console::Console(ConsoleOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Console::~Console() { stop(); }

void Console::mount(http::Server& server) {
  State& state = *state_;
  mount_page(server);
  server.route(http::Method::Get, "/api/info", [&state](const http::Request& request) {
    const auto store = state.gate.enter(SIZE_MAX);
    return answer(info_json(state.options, store ? &*store : nullptr, request, state.started));
  });
  server.route(http::Method::Get, "/api/overview",
               [&state](const http::Request&) { return answer_text(*state.feed.text() + "\n"); });
  server.route(http::Method::Get, "/api/live",
               [&state](const http::Request&) { return state.feed.follow(); });
  mount_monitor_api(server, state.options);
  mount_projection_api(server, state.options, state.gate, state.projections);
  mount_event_api(server, state.options, state.gate);
  mount_explain_api(server, state.options, state.gate);
}

void Console::start() {
  state_->projections.start();
  state_->feed.start();
}

void Console::stop() noexcept {
  state_->feed.stop();
  state_->projections.stop();
}

void Console::attach(EventStore& store) { state_->gate.open(store); }

void Console::watch(const ProjectionRunner& runner) { state_->gate.add(runner); }

void Console::detach() { state_->gate.close(); }

}  // namespace eventcore::console
