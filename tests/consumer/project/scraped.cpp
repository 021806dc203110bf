// A stranger's service with a server of another kind: it mounts EventCore's metrics there, and
// scrapes itself as Prometheus does.

#include <httplib.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include <eventcore/observability/metrics_service.hpp>

namespace {

using namespace eventcore::observability;

bool failed = false;

void expect(bool holds, const char* what) {
  if (holds) return;
  failed = true;
  std::printf("not so: %s\n", what);
}

void mount_metrics(httplib::Server& server, const MetricsService& metrics) {
  server.Get("/metrics", [&metrics](const httplib::Request& request, httplib::Response& response) {
    const std::string accept = request.get_header_value("Accept");
    // This server compresses by itself; another one would pass Accept-Encoding on.
    ScrapeRequest scrape{.accept = accept};
    for (std::size_t i = 0; i < request.get_param_value_count("name[]"); ++i) {
      scrape.names.push_back(request.get_param_value("name[]", i));
    }
    const auto written =
        metrics_handler(metrics, scrape,
                        {.begin =
                             [&](const PageHead& head) {
                               response.set_header("Content-Type", std::string(head.content_type));
                               response.body.reserve(head.body_bytes);
                             },
                         .write = [&](std::string_view piece) { response.body.append(piece); }});
    if (!written) response.status = 500;
  });
}

void scrape(int port) {
  httplib::Client client("127.0.0.1", port);
  const auto text = client.Get("/metrics");
  expect(text && text->status == 200, "the text is answered");
  if (!text) return;
  expect(text->get_header_value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8",
         "text is the default");
  expect(text->body.find("\neventcore_commands_total{command_type=\"import\"} 1\n") !=
             std::string::npos,
         "the command is counted");

  const auto open = client.Get(
      "/metrics?name[]=eventcore_commands&name%5B%5D=process_threads",
      {{"Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}});
  expect(open && open->get_header_value("Content-Type").starts_with("application/openmetrics-text"),
         "OpenMetrics is answered");
  expect(open && open->body.ends_with("# EOF\n"), "OpenMetrics is complete");
  expect(open && open->body.find("eventcore_store") == std::string::npos, "families are chosen");

  const auto packed = client.Get("/metrics", {{"Accept-Encoding", "gzip"}});
  expect(packed && packed->get_header_value("Content-Encoding") == "gzip" &&
             packed->body.starts_with("# HELP "),
         "the page is compressed once");
  const auto head = client.Head("/metrics");
  expect(head && head->status == 200 && head->body.empty(), "HEAD is answered");
}

}  // namespace

int main() {
  MetricsService metrics;
  metrics.record_command_executed("import", std::chrono::milliseconds(2), true);
  httplib::Server server;
  mount_metrics(server, metrics);
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port <= 0) return 1;
  std::thread serving([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  scrape(port);
  server.stop();
  serving.join();
  return failed ? 1 : 0;
}
