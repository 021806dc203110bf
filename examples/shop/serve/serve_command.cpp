#include "serve/serve_command.hpp"

#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "console.hpp"

namespace shop {

ExitCode serve(const ShopServerOptions& options, std::stop_token stop) {
  const auto server = ShopServer::start(options);
  if (!server) {
    print_error(server.error().message);
    return exit_code_of(server.error());
  }
  print_urls(**server);

  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });

  if (const auto ended = (*server)->stop(); !ended) {
    print_error("closing the store: " + describe(ended.error()));
    return ExitCode::StoreUnusable;
  }
  return ExitCode::Done;
}

void print_urls(const ShopServer& server) {
  std::printf("shop     %s\n", server.api_url().c_str());
  std::printf("metrics  %s/metrics\n", server.metrics_url().c_str());
  std::printf("health   %s/health\n", server.metrics_url().c_str());
  std::fflush(stdout);
}

}  // namespace shop
