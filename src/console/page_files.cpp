#include "page_files.hpp"

#include <string>
#include <string_view>

#include "console_page.hpp"

namespace eventcore::console {
namespace {

/// Nothing from elsewhere, no script or style in the page itself, and no other page around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/html; charset=utf-8";
}

http::Handler serve(const page::File& file) {
  return [&file](const http::Request&) {
    http::Response response{.content_type = std::string(type_of(file.name)),
                            .body = std::string(file.text)};
    response.headers = {{"Content-Security-Policy", std::string(kPolicy)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cross-Origin-Opener-Policy", "same-origin"},
                        {"Cross-Origin-Resource-Policy", "same-origin"},
                        // Another version of the program has another page.
                        {"Cache-Control", "no-cache"}};
    return response;
  };
}

}  // namespace

void mount_page(http::Server& server) {
  for (const page::File& file : page::files) {
    const std::string path = file.name == "index.html" ? "/" : "/console/" + std::string(file.name);
    server.route(http::Method::Get, path, serve(file));
  }
}

}  // namespace eventcore::console
