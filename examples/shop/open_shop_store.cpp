#include "open_shop_store.hpp"

#include <chrono>
#include <utility>

#include "console.hpp"

namespace shop {

std::unique_ptr<eventcore::EventStore> open_shop_store(const std::string& url,
                                                       eventcore::OpenStoreOptions options,
                                                       ExitCode& code) {
  // Parsed at once, because the text may hold a password: from here on there is only the URL, and
  // no message shows more than its redacted form.
  auto parsed = eventcore::StoreUrl::parse(url);
  if (!parsed) {
    print_error("--store: " + parsed.error().message);
    code = ExitCode::BadInput;
    return nullptr;
  }
  auto store = eventcore::open_store(*parsed, std::move(options));
  if (!store) {
    print_error(parsed->redacted() + ": " + describe(store.error()));
    code = exit_code_of(store.error());
    return nullptr;
  }
  return *std::move(store);
}

ExitCode close_shop_store(eventcore::EventStore& store, ExitCode code) {
  const auto closed = store.close(eventcore::Deadline::after(std::chrono::seconds(30)));
  if (closed) return code;
  print_error("closing the store: " + describe(closed.error()));
  return code == ExitCode::Done ? ExitCode::StoreUnusable : code;
}

}  // namespace shop
