#include "store_option.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "eventcore/logging/logging.hpp"
#include "eventcore/logging/logging_probe.hpp"

namespace eventcore::cli {

void add_store_option(CLI::App& command, std::string& url) {
  command
      .add_option("--store", url,
                  "The store: sqlite:PATH, memory: or postgres://USER@HOST/DATABASE")
      ->type_name("URL")
      ->required();
}

ExitCode with_store(Console& console, const std::string& url, OpenStoreOptions options,
                    const std::function<ExitCode(EventStore&)>& work) {
  const Result<StoreUrl> parsed = StoreUrl::parse(url);
  if (!parsed) return console.fail(parsed.error());
  // Without a log there is nobody to ask the store for its times.
  if (log_filter() != "off") {
    options.probe = combine({std::move(options.probe), std::make_shared<LoggingProbe>()});
  }
  Result<std::unique_ptr<EventStore>> opened = open_store(*parsed, std::move(options));
  if (!opened) return console.fail(opened.error(), parsed->redacted());
  EventStore& store = **opened;
  const ExitCode code = work(store);
  const Result<void> closed = store.close({});
  if (!closed && code == ExitCode::Done) return console.fail(closed.error(), "closing the store");
  return code;
}

OpenStoreOptions reading() { return {.create = false, .read_only = true}; }

OpenStoreOptions writing() { return {.create = false, .read_only = false}; }

}  // namespace eventcore::cli
