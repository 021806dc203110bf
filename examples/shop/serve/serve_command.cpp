#include "serve/serve_command.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include "console.hpp"

namespace shop {

ExitCode serve(const ShopServerOptions& options, std::stop_token stop) {
  ExitCode code = ExitCode::Done;
  const auto server = start_server(options, code);
  if (!server) return code;

  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });

  if (const auto ended = server->stop(); !ended) {
    print_error("closing the store: " + describe(ended.error()));
    return ExitCode::StoreUnusable;
  }
  return ExitCode::Done;
}

std::unique_ptr<ShopServer> start_server(const ShopServerOptions& options, ExitCode& code) {
  auto server = ShopServer::listen(options);
  if (!server) {
    print_error(server.error().message);
    // An address that is taken says nothing about the store.
    const bool is_bad = server.error().code == eventcore::ErrorCode::InvalidArgument;
    code = is_bad ? ExitCode::BadInput : ExitCode::Failed;
    return nullptr;
  }
  if (const auto serving = (*server)->serve(); !serving) {
    print_error(serving.error().message);
    code = exit_code_of(serving.error());
    return nullptr;
  }
  const std::string api = (*server)->api_url();
  const std::string metrics = (*server)->metrics_url();
  const std::string console = (*server)->has_console() ? "console  " + metrics + "/\n" : "";
  if (!print_output("shop     " + api + "\nmetrics  " + metrics + "/metrics\nhealth   " + metrics +
                    "/health\n" + console)) {
    code = ExitCode::Failed;
    return nullptr;
  }
  return *std::move(server);
}

}  // namespace shop
