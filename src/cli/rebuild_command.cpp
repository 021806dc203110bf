#include "rebuild_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "json_text.hpp"
#include "projection_text.hpp"
#include "store_option.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

constexpr std::chrono::milliseconds kLook{100};

struct RebuildOptions : ProjectionOptions {
  bool no_wait = false;
};

// Looks at a projection until it is where it was before.
class Wait {
 public:
  Wait(EventStore& store, const ProjectionRecord& asked, Console& console)
      : store_(store), asked_(asked), console_(console) {}

  // False: the user did not want to wait any longer.
  [[nodiscard]] Result<bool> run() {
    while (!console_.stopped()) {
      const auto found = store_.projections().load(asked_.name);
      if (!found) return found.error();
      if (!*found || (*found)->quiet_until < asked_.quiet_until) {
        return make_error(ErrorCode::VersionConflict,
                          "somebody else has reset or removed the projection meanwhile");
      }
      if (is_done(**found)) return true;
      show(**found);
      std::unique_lock lock(mutex_);
      static_cast<void>(never_.wait_for(lock, console_.stop(), kLook, [] { return false; }));
    }
    return false;
  }

 private:
  [[nodiscard]] bool is_done(const ProjectionRecord& now) const {
    return now.resets_done >= asked_.resets && now.position >= now.quiet_until;
  }

  void show(const ProjectionRecord& now) {
    if (!console_.shows_progress()) return;
    if (now.has_pending_reset()) {
      const bool led = !now.lease.is_free(system_clock().wall());
      return console_.progress(led ? "waiting for its leader" : "waiting: nobody leads it");
    }
    const auto moment = std::chrono::steady_clock::now();
    if (!began_) began_ = {now.position, moment};
    const std::uint64_t total = now.quiet_until.value;
    std::string text = "rebuilding: " + grouped(now.position.value) + " of " + grouped(total) +
                       " positions, " + std::to_string(now.position.value * 100 / total) + " %";
    const std::uint64_t done = now.position - began_->first;
    if (done > 0) {
      const std::chrono::duration<double, std::nano> elapsed = moment - began_->second;
      const double left = static_cast<double>(total - now.position.value);
      text += ", " +
              short_age(std::chrono::nanoseconds(
                  static_cast<std::int64_t>(elapsed.count() / static_cast<double>(done) * left))) +
              " left";
    }
    console_.progress(text);
  }

  EventStore& store_;
  const ProjectionRecord& asked_;
  Console& console_;
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::optional<std::pair<Position, std::chrono::steady_clock::time_point>> began_;
};

void tell(const RebuildOptions& options, Console& console, const ProjectionRecord& asked,
          bool complete) {
  const std::string until = std::to_string(asked.quiet_until.value);
  if (options.json) {
    console.line(JsonObject()
                     .text("projection", options.name)
                     .number("rebuild_until", asked.quiet_until.value)
                     .boolean("complete", complete)
                     .str());
  } else if (complete) {
    console.line("projection '" + options.name + "' is rebuilt up to position " + until);
  } else {
    console.line("projection '" + options.name +
                 "' goes on by itself; eventcore projections status shows how far it is");
  }
}

ExitCode rebuild(const RebuildOptions& options, EventStore& store, Console& console) {
  ExitCode code = ExitCode::Done;
  if (!find_projection(store, options.name, console, code)) return code;
  const auto requested = store.projections().rebuild(options.name);
  if (!requested) return console.fail(requested.error());
  const auto asked = find_projection(store, options.name, console, code);
  if (!asked) return code;
  if (asked->lease.is_free(system_clock().wall())) {
    console.note("nobody leads it now: it begins when a process that runs it does");
  }
  if (!options.json) {
    console.line("projection '" + options.name +
                 "' goes back to the first event; side effects are suppressed up to position " +
                 std::to_string(asked->quiet_until.value));
    console.flush();
  }
  bool complete = false;
  if (!options.no_wait) {
    const auto waited = Wait(store, *asked, console).run();
    console.progress({});
    if (!waited) return console.fail(waited.error());
    complete = *waited;
  }
  tell(options, console, *asked, complete);
  return ExitCode::Done;
}

}  // namespace

void add_rebuild_command(CLI::App& projections, Chosen& chosen) {
  auto options = std::make_shared<RebuildOptions>();
  CLI::App* command =
      projections.add_subcommand("rebuild", "Let it begin anew, without side effects");
  command->footer(
      "Asks the leader to go back to the first event and to process everything again; side "
      "effects\n"
      "are suppressed up to where it is now. Its read model is incomplete meanwhile: without that\n"
      "gap, run a new version beside it (docs/guide/projections.md). Waits until it is as far as\n"
      "before; interrupted, the rebuild goes on by itself.\n\n"
      "Examples:\n"
      "  eventcore projections rebuild --store sqlite:shop.db orders\n"
      "  eventcore projections rebuild --store sqlite:shop.db orders --no-wait\n");
  add_projection_options(*command, *options);
  command->add_flag("--no-wait", options->no_wait, "Ask for it, and end");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) {
      return with_store(console, options->store, writing(),
                        [&](EventStore& store) { return rebuild(*options, store, console); });
    };
  });
}

}  // namespace eventcore::cli
