#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../commands.hpp"
#include "../store_option.hpp"
#include "../wake_up.hpp"
#include "look_thread.hpp"
#include "terminal.hpp"
#include "top_screen.hpp"

namespace eventcore::cli {
namespace {

struct TopOptions {
  std::string url;
  std::string store;
  double interval_seconds = 1;
  std::size_t count = 0;
  bool once = false;
  bool json = false;
};

bool has_value(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

/// As the C library would say, which nobody has told the locale yet.
bool speaks_utf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!has_value(name)) continue;
    std::string value = std::getenv(name);
    for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

/// Waits until one of them is readable.
template <std::size_t size>
void wait_for(std::array<pollfd, size>& waits) {
  while (poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
  }
}

/// One look a line. A first look of a service has no window yet, and no line.
ExitCode print_lines(const TopOptions& options, LookThread& looks, Console& console) {
  WakeUp stopping;
  const std::stop_callback<std::function<void()>> ring(console.stop(), [&] { stopping.ring(); });
  const std::size_t count = options.once ? 1 : options.count;
  bool is_first = true;
  std::size_t printed = 0;
  while (!console.stopped()) {
    std::optional<Result<TopLook>> look = looks.take();
    if (!look) {
      std::array<pollfd, 2> waits{
          {{looks.descriptor(), POLLIN, 0}, {stopping.descriptor(), POLLIN, 0}}};
      wait_for(waits);
      continue;
    }
    if (!*look) {
      // Who never answered is probably not there at all.
      if (is_first) return console.fail(look->error());
      console.note("no connection: " + printable(look->error().message));
      continue;
    }
    const bool says_little = !(*look)->window && (!(*look)->store || is_first);
    is_first = false;
    if (says_little && (*look)->note.empty()) continue;
    console.line(options.json ? json_of(**look) : line_of(**look));
    console.flush();
    if (++printed == count) break;
  }
  return ExitCode::Done;
}

ExitCode show_screens(LookThread& looks, TopScreen& screen, Console& console) {
  std::optional<Result<TopLook>> first = looks.take();
  WakeUp stopping;
  const std::stop_callback<std::function<void()>> ring(console.stop(), [&] { stopping.ring(); });
  while (!first && !console.stopped()) {
    std::array<pollfd, 2> waits{
        {{looks.descriptor(), POLLIN, 0}, {stopping.descriptor(), POLLIN, 0}}};
    wait_for(waits);
    first = looks.take();
  }
  if (!first) return ExitCode::Done;
  if (!*first) return console.fail(first->error());
  screen.add(*std::move(*first));
  Terminal terminal(STDIN_FILENO, STDOUT_FILENO);
  while (!console.stopped()) {
    terminal.show(screen.lines(terminal.size()));
    std::array<pollfd, 4> waits{{{STDIN_FILENO, POLLIN, 0},
                                 {looks.descriptor(), POLLIN, 0},
                                 {terminal.descriptor(), POLLIN, 0},
                                 {stopping.descriptor(), POLLIN, 0}}};
    wait_for(waits);
    if (waits[0].revents != 0) {
      bool closed = false;
      if (!screen.press(terminal.typed(closed)) || closed) break;
    }
    if (waits[2].revents != 0 && terminal.take_signals()) break;
    while (std::optional<Result<TopLook>> look = looks.take()) {
      if (*look) {
        screen.add(*std::move(*look));
      } else {
        screen.add_failure(look->error().message);
      }
    }
  }
  return ExitCode::Done;
}

ExitCode run(const TopOptions& options, std::unique_ptr<TopSource> source, Console& console) {
  const std::string title = source->title();
  const auto interval =
      std::chrono::milliseconds(static_cast<std::int64_t>(options.interval_seconds * 1e3));
  LookThread looks(std::move(source), interval);
  const bool as_lines = options.once || options.json || options.count != 0 ||
                        !can_show_screens(STDIN_FILENO, STDOUT_FILENO);
  if (as_lines) return print_lines(options, looks, console);
  TopScreen screen(title, interval, {.color = !has_value("NO_COLOR"), .utf8 = speaks_utf8()});
  return show_screens(looks, screen, console);
}

ExitCode top(const TopOptions& options, Console& console) {
  if (options.url.empty() == options.store.empty()) {
    return console.fail(ExitCode::BadInput, "either --url or --store says what to look at");
  }
  if (!options.store.empty()) {
    return with_store(console, options.store, reading(), [&](EventStore& store) {
      return run(options, store_source(store), console);
    });
  }
  Result<std::unique_ptr<TopSource>> source = service_source(options.url);
  if (!source) return console.fail(source.error());
  return run(options, *std::move(source), console);
}

}  // namespace

void add_top_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand("top", "Watch a running service, or a store");
  command->footer(
      "In a terminal it shows a screen; otherwise it prints a line an interval.\n\n"
      "Examples:\n"
      "  eventcore top --url http://127.0.0.1:9464\n"
      "  eventcore top --store sqlite:shop.db\n"
      "  eventcore top --url http://127.0.0.1:9464 --once --json\n");
  command->add_option("--url", options->url, "A running service, as http://127.0.0.1:9464")
      ->type_name("URL");
  command->add_option("--store", options->store, "A store, which need not be in use")
      ->type_name("URL");
  command->add_option("--interval", options->interval_seconds, "Seconds between looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--count", options->count, "Print so many lines, then end")
      ->type_name("COUNT")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}));
  command->add_flag("--once", options->once, "Print one line, then end");
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return top(*options, console); };
  });
}

}  // namespace eventcore::cli
