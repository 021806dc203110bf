#include "eventcore/console/console.hpp"

#include <gtest/gtest.h>

#include <string>

#include "shown_service.hpp"

namespace eventcore::console {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

TEST(Console, SaysWhatItHas) {
  ShownService service;
  const Answer info = service.get("/api/info");
  ASSERT_EQ(info.status, 200U);
  EXPECT_EQ(info.body.at("api"), 1);
  EXPECT_EQ(info.body.at("title"), "orders");
  EXPECT_EQ(info.body.at("store").at("backend"), "memory");
  for (const auto& [name, has] : info.body.at("has").items()) EXPECT_EQ(has, true) << name;
  for (const auto& [name, may] : info.body.at("access").items()) EXPECT_EQ(may, true) << name;
}

TEST(Console, ShowsWhatCommandsDo) {
  ShownService service;
  for (int i = 0; i < 10; ++i) service.receive("product-1", 1);
  service.receive("product-1", 5'000);
  // The monitor's shortest window is a tenth of a second.
  ASSERT_TRUE(eventually([&] {
    service.performance->tick();
    return service.performance->latest().has_value();
  }));
  ASSERT_TRUE(eventually(
      [&] { return service.get("/api/overview").body.at("totals").at("commands") == 11; }));
  const json overview = service.get("/api/overview").body;
  EXPECT_EQ(overview.at("totals").at("errors"), 1);
  EXPECT_EQ(overview.at("totals").at("events"), 10);
  EXPECT_EQ(overview.at("head"), 10);
  EXPECT_EQ(overview.at("commands").at(0).at("command_type"), "receive");
  EXPECT_EQ(overview.at("commands").at(0).at("total"), 11);
  EXPECT_EQ(overview.at("commands").at(0).at("errors_total"), 1);
  EXPECT_EQ(overview.at("outcomes").at("committed").at("total"), 10);
  EXPECT_FALSE(overview.at("snapshot").is_null());
  EXPECT_EQ(overview.at("health").at("status"), "pass");
}

TEST(Console, ShowsHowFarTheServiceIsFromItsBaseline) {
  ShownService service;
  service.receive("product-1", 1);
  ASSERT_TRUE(eventually([&] {
    service.performance->tick();
    return service.performance->latest().has_value();
  }));
  const json answer = service.get("/api/baseline").body;
  EXPECT_EQ(answer.at("name"), "release 1");
  EXPECT_EQ(answer.at("verdict"), "insufficient_data");
  const json& measure = answer.at("measures").at(0);
  EXPECT_EQ(measure.at("measure"), "avg_latency_ms");
  EXPECT_EQ(measure.at("better"), "lower");
  EXPECT_EQ(measure.at("before"), 2);
  EXPECT_EQ(measure.at("samples_before"), 3);
}

TEST(Console, MakesOneTextForAllViewers) {
  ShownService service({.listen = "127.0.0.1:0"},
                       [](ConsoleOptions& options) { options.interval = 10min; });
  const Answer first = service.get("/api/overview");
  service.receive("product-1", 1);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(service.get("/api/overview").text, first.text);
}

TEST(Console, PublishesWhileSomebodyFollows) {
  ShownService service;
  http::HttpClient client(service.server->port());
  client.send("GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  std::string seen;
  const auto read_until = [&](const std::string& text) {
    while (!seen.ends_with(text)) {
      const auto byte = client.read_byte();
      if (!byte) return false;
      seen += *byte;
    }
    return true;
  };
  ASSERT_TRUE(read_until("event: overview\ndata: {\"time\":"));
  service.receive("product-1", 1);
  EXPECT_TRUE(read_until("\"head\":1}\n\n")) << "and what happens is in a later text";
}

TEST(Console, ShowsHistoryAndTrends) {
  ShownService service;
  service.receive("product-1", 1);
  ASSERT_TRUE(eventually([&] {
    service.performance->tick();
    return service.performance->latest().has_value();
  }));
  const json series = service.get("/api/history?limit=10").body.at("series");
  ASSERT_GE(series.at("commands_per_second").size(), 1U);
  EXPECT_EQ(series.at("commands_per_second").size(), series.at("time_unix_ms").size());
  EXPECT_GT(series.at("commands_per_second").back(), 0);
  EXPECT_EQ(service.get("/api/trends?minutes=5").body.at("throughput").at("trend"),
            "insufficient_data");
  for (const char* bad :
       {"/api/history?limit=0", "/api/history?limit=9999", "/api/history?of=days",
        "/api/history?limit=x", "/api/trends?minutes=0", "/api/trends?minutes=-1"}) {
    EXPECT_EQ(service.get(bad).status, 400U) << bad;
  }
}

TEST(Console, ShowsTheFlightRecorder) {
  ShownService service;
  service.receive("product-1", 5'000);
  const json dump = service.get("/api/commands").body;
  ASSERT_EQ(dump.at("failed").size(), 1U);
  EXPECT_EQ(dump.at("failed").at(0).at("command_type"), "receive");
}

TEST(Console, BrowsesStreamsAndEvents) {
  ShownService service;
  for (int i = 1; i <= 3; ++i) service.receive("product-1", i);
  service.receive("product/a b", 4);
  json streams = service.get("/api/streams?limit=1").body;
  EXPECT_EQ(streams.at("more"), true);
  EXPECT_EQ(streams.at("streams").at(0).at("stream"), "product-1");
  EXPECT_EQ(streams.at("streams").at(0).at("version"), 3);
  streams = service.get("/api/streams?prefix=product%2F").body;
  ASSERT_EQ(streams.at("streams").size(), 1U);
  EXPECT_EQ(streams.at("streams").at(0).at("stream"), "product/a b");

  json events = service.get("/api/events?stream=product-1&limit=2").body;
  ASSERT_EQ(events.at("events").size(), 2U);
  EXPECT_EQ(events.at("events").at(0).at("version"), 3);
  EXPECT_EQ(events.at("events").at(0).at("payload"), "{\"pieces\":3}");
  EXPECT_EQ(events.at("more"), true);
  events = service.get("/api/events?stream=product-1&before_version=2").body;
  ASSERT_EQ(events.at("events").size(), 1U);
  EXPECT_EQ(events.at("events").at(0).at("version"), 1);
  EXPECT_EQ(events.at("more"), false);

  events = service.get("/api/events?limit=2").body;
  EXPECT_EQ(events.at("events").at(0).at("position"), 4);
  EXPECT_EQ(events.at("more"), true);
  events = service.get("/api/events?before=2").body;
  ASSERT_EQ(events.at("events").size(), 1U);
  EXPECT_EQ(events.at("more"), false);
  events = service.get("/api/events?after=3").body;
  ASSERT_EQ(events.at("events").size(), 1U);
  EXPECT_EQ(events.at("events").at(0).at("position"), 4);
  EXPECT_EQ(service.get("/api/events?after=0&type=nothing").body.at("events").size(), 0U);
  EXPECT_EQ(service.get("/api/events?stream=nothing").body.at("events").size(), 0U);
  for (const char* bad : {"/api/events?limit=0", "/api/events?limit=501", "/api/events?after=-1",
                          "/api/events?before=18446744073709551615", "/api/streams?limit=501"}) {
    EXPECT_EQ(service.get(bad).status, 400U) << bad;
  }
}

TEST(Console, HidesPayloadsUnlessItMayShowThem) {
  ShownService service({.listen = "127.0.0.1:0"},
                       [](ConsoleOptions& options) { options.show_payloads = false; });
  service.receive("product-1", 77);
  for (const char* path : {"/api/events", "/api/events?stream=product-1", "/api/explain?q=1"}) {
    const Answer answer = service.get(path);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.text.find("77}"), std::string::npos) << answer.text;
    EXPECT_EQ(answer.text.find("\"payload\""), std::string::npos);
  }
  EXPECT_EQ(service.get("/api/info").body.at("access").at("payloads"), false);
}

TEST(Console, ExplainsWhateverSomebodyKnows) {
  ShownService service;
  service.receive("product-1", 1);
  service.receive("product-1", 2, "the visit");
  const json by_position = service.get("/api/explain?q=2").body;
  ASSERT_EQ(by_position.at("explanations").size(), 1U);
  const json one = by_position.at("explanations").at(0);
  EXPECT_EQ(one.at("command"), "receive");
  EXPECT_EQ(one.at("correlation_id"), "the visit");
  EXPECT_EQ(one.at("reads").at(0).at("stream"), "product-1");
  EXPECT_EQ(one.at("reads").at(0).at("version_after"), 2);
  const auto id = one.at("command_id").get<std::string>();
  for (const std::string& q : {id, id + "/0", std::string("the+visit")}) {
    const json found = service.get("/api/explain?q=" + q).body;
    ASSERT_EQ(found.at("explanations").size(), 1U) << q << found.dump();
    EXPECT_EQ(found.at("explanations").at(0).at("first_position"), 2);
    EXPECT_EQ(found.at("searched_to"), found.at("head"));
  }
  EXPECT_EQ(service.get("/api/explain?q=99").body.at("explanations").size(), 0U);
  EXPECT_EQ(service.get("/api/explain?q=4bf92f3577b34da6a3ce929d0e0e4736").body.at("kind"),
            "trace_id");
  EXPECT_EQ(service.get("/api/explain").status, 400U);
  EXPECT_EQ(service.get("/api/explain?q=" + std::string(600, 'x')).status, 400U);
}

TEST(Console, SteersProjections) {
  ShownService service;
  for (int i = 1; i <= 3; ++i) service.receive("product-1", i);
  service.runner->start();
  const auto row = [&] {
    const json list = service.get("/api/projections").body.at("list");
    return list.empty() ? json::object() : list.at(0);
  };
  ASSERT_TRUE(eventually([&] { return row().value("dead_letters", 0) == 1; }));
  EXPECT_EQ(row().at("name"), "picky");
  EXPECT_EQ(row().at("here"), true);
  const json letters = service.get("/api/dead-letters?projection=picky").body.at("dead_letters");
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters.at(0).at("position"), 2);
  EXPECT_NE(letters.at(0).at("message").get<std::string>().find("not this one"), std::string::npos);

  EXPECT_EQ(service.ask("POST", "/api/projections/picky/pause").status, 200U);
  EXPECT_TRUE(eventually([&] { return row().at("state") == "paused"; }));
  EXPECT_EQ(service.ask("POST", "/api/projections/picky/resume", "{}").status, 200U);
  EXPECT_TRUE(eventually([&] { return row().at("state") == "caught_up"; }));
  service.picky->fails = false;
  const Answer replayed = service.ask("POST", "/api/projections/picky/replay-dead-letters");
  EXPECT_EQ(replayed.body.at("replaying"), 1);
  EXPECT_TRUE(eventually([&] { return row().at("dead_letters") == 0; }));
  EXPECT_EQ(service.ask("POST", "/api/projections/nothing/pause").status, 404U);
  EXPECT_EQ(service.ask("POST", "/api/projections/picky/remove").status, 404U);
  EXPECT_EQ(
      service.ask("POST", "/api/projections/picky/replay-dead-letters", "{\"position\": 9}").status,
      400U);
  EXPECT_EQ(service.get("/api/projections/picky/pause").status, 405U) << "a link must not act";

  const std::lock_guard lock(service.mutex);
  ASSERT_EQ(service.actions.size(), 4U);
  EXPECT_EQ(service.actions[0].action, "pause");
  EXPECT_EQ(service.actions[0].subject, "picky");
  EXPECT_TRUE(service.actions[0].peer.starts_with("127.0.0.1:"));
  EXPECT_EQ(service.actions[0].error, "");
  EXPECT_NE(service.actions[3].error, "") << "what failed is noted too";
}

TEST(Console, ChangesTheLogFilter) {
  ShownService service;
  EXPECT_EQ(service.get("/api/log").body.at("filter"), "info");
  EXPECT_EQ(service.ask("POST", "/api/log", "{\"filter\": \"warn,shop=debug\"}").body.at("filter"),
            "warn,shop=debug");
  EXPECT_EQ(service.get("/api/log").body.at("filter"), "warn,shop=debug");
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{"), std::string("{\"filter\": 1}"),
        std::string("{\"filter\": \"nonsense\"}"), std::string(10'000, '[')}) {
    EXPECT_EQ(service.ask("POST", "/api/log", bad).status, 400U) << bad;
  }
  EXPECT_EQ(service.filter, "warn,shop=debug");
}

TEST(Console, ActsOnlyIfItMay) {
  ShownService service({.listen = "127.0.0.1:0"},
                       [](ConsoleOptions& options) { options.allow_actions = false; });
  EXPECT_EQ(service.ask("POST", "/api/log", "{\"filter\": \"debug\"}").status, 403U);
  EXPECT_EQ(service.filter, "info");
  EXPECT_EQ(service.get("/api/info").body.at("access").at("actions"), false);
}

TEST(Console, OutlivesItsStore) {
  ShownService service;
  service.receive("product-1", 1);
  ASSERT_EQ(service.get("/api/events").status, 200U);
  service.console->detach();
  EXPECT_EQ(service.get("/api/events").status, 503U);
  EXPECT_EQ(service.get("/api/explain?q=1").status, 503U);
  EXPECT_EQ(service.ask("POST", "/api/projections/picky/pause").status, 503U);
  EXPECT_EQ(service.get("/api/overview").status, 200U);
  EXPECT_TRUE(service.get("/api/info").body.at("store").is_null());
}

TEST(Console, ShowsNothingThatItHasNot) {
  Console console({.title = "bare"});
  http::Server server({});
  console.mount(server);
  ASSERT_TRUE(server.start());
  console.start();
  http::HttpClient client(server.port());
  EXPECT_EQ(client.get("/api/overview").result_int(), 200U);
  for (const char* path :
       {"/api/history", "/api/trends", "/api/baseline", "/api/commands", "/api/log"}) {
    EXPECT_EQ(client.get(path).result_int(), 404U) << path;
  }
  EXPECT_EQ(client.get("/api/streams").result_int(), 503U);
}

TEST(Console, ServesItsPage) {
  ShownService service;
  http::HttpClient client(service.server->port());
  client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const auto page = client.receive();
  EXPECT_EQ(page.result_int(), 200U);
  const std::string policy(page["Content-Security-Policy"]);
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(page.body().find("<script>"), std::string::npos);
  EXPECT_EQ(page.body().find("style="), std::string::npos);
  for (const char* file : {"/console/main.js", "/console/console.css", "/console/icon.svg"}) {
    EXPECT_EQ(service.get(file).status, 200U) << file;
  }
  for (const char* file : {"/console/", "/console/../api/info", "/console/%2e%2e/index.html",
                           "/console/nothing.js", "/index.html", "/console/index.html"}) {
    EXPECT_EQ(service.get(file).status, 404U) << file;
  }
}

}  // namespace
}  // namespace eventcore::console
