#include "replay/replay_command.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <eventcore/command_executor.hpp>
#include <eventcore/store_url.hpp>

#include "console.hpp"
#include "open_shop_store.hpp"
#include "replay/progress_bar.hpp"
#include "replay/replay.hpp"
#include "replay/retail_file.hpp"

namespace shop {

namespace {

/// `text` as one field of one line.
std::string csv_field(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    if (c == '\n') {
      field += "\\n";
    } else if (c != '\r') {
      field += c;
    }
  }
  return field + "\"";
}

void print_rejected(const std::string& file, const std::vector<RejectedRow>& rows) {
  for (const RejectedRow& row : rows) {
    print_note(file + ":" + std::to_string(row.line) + ": " + row.reason);
  }
}

/// One line for each row: its line number, the reason, the row as it is written.
bool write_rejects(const std::string& path, const std::vector<RejectedRow>& rows) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (const RejectedRow& row : rows) {
    out << row.line << ',' << csv_field(row.reason) << ',' << csv_field(row.text) << '\n';
  }
  out.flush();
  return out.good();
}

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  if (std::filesystem::equivalent(a, b, error)) return true;
  // One of them need not be there yet.
  const auto place = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(path, error);
  };
  return place(a) == place(b);
}

/// Why the rejected rows can't go to their file; empty if they can.
std::string refuse_rejects(const ReplayCommand& command) {
  if (command.rejects.empty()) return {};
  if (is_same_file(command.rejects, command.file)) return "--rejects would overwrite FILE";
  const auto store = eventcore::StoreUrl::parse(command.store);
  if (!store || store->path().empty()) return {};
  for (const char* end : {"", "-wal", "-shm", "-journal", "-writers"}) {
    if (is_same_file(command.rejects, store->path().string() + end)) {
      return "--rejects would overwrite the store";
    }
  }
  return {};
}

std::string summary_of(const RetailFile& file, const ReplayOutcome& outcome, double seconds) {
  const ReplayTally& tally = outcome.tally;
  const auto number = [](std::size_t count) { return std::to_string(count); };
  std::array<char, 64> pace{};
  std::snprintf(pace.data(), pace.size(), "%.1f s (%.0f/s)", seconds,
                seconds > 0 ? static_cast<double>(tally.done()) / seconds : 0.0);
  return std::string(outcome.stopped ? "stopped after " : "replayed ") + number(tally.done()) +
         " of " + number(file.steps.size()) + " commands in " + pace.data() + "\n  stored " +
         number(tally.stored) + ", known already " + number(tally.repeated) + ", refused " +
         number(tally.refused) + ", failed " + number(tally.failed) + "\n  rows read " +
         number(file.rows) + ", rejected " + number(file.rejected.size()) + "\n";
}

/// An import has time: others that replay the rest of the file into the same store sell the same
/// products, and whoever meets them tries again for as long as it takes.
eventcore::CommandExecutorOptions patient() {
  eventcore::CommandExecutorOptions options;
  options.attempts_max = std::numeric_limits<std::uint32_t>::max();
  options.default_deadline = std::chrono::minutes(10);
  return options;
}

ExitCode exit_code_of(const ReplayOutcome& outcome) {
  if (outcome.error) return shop::exit_code_of(*outcome.error);
  return outcome.tally.refused > 0 ? ExitCode::Failed : ExitCode::Done;
}

}  // namespace

ExitCode run(const ReplayCommand& command, std::stop_token stop) {
  if (const std::string why = refuse_rejects(command); !why.empty()) {
    print_error(why);
    return ExitCode::BadInput;
  }
  const auto file = read_retail_file(command.file, stop);
  if (!file) {
    print_error(file.error().message);
    return file.error().code == eventcore::ErrorCode::Cancelled ? ExitCode::Done
                                                                : ExitCode::BadInput;
  }
  print_rejected(command.file, file->rejected);

  ExitCode code = ExitCode::Done;
  const auto store = open_shop_store(command.store, {}, code);
  if (!store) return code;
  // Not before the store is open: what a mistaken call overwrites is lost.
  if (!command.rejects.empty() && !write_rejects(command.rejects, file->rejected)) {
    print_error(command.rejects + " can't be written");
    return close_shop_store(*store, ExitCode::BadInput);
  }

  const auto begin = std::chrono::steady_clock::now();
  ProgressBar bar(file->steps.size());
  ReplayOutcome outcome;
  {
    // The executor's destructor waits for its commands, so it goes before the store is closed.
    eventcore::CommandExecutor executor(*store, patient());
    outcome = replay(file->steps, executor,
                     {.concurrency = command.concurrency,
                      .speed = command.speed,
                      .stop = std::move(stop),
                      .progress = [&](const ReplayTally& tally) { bar.update(tally.done()); },
                      .problem =
                          [&](const ReplayStep& step, const std::string& reason) {
                            bar.clear();
                            print_error(step.key + ": " + reason);
                          }});
  }
  bar.clear();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const bool printed = print_output(summary_of(*file, outcome, elapsed.count()));

  code = close_shop_store(*store, exit_code_of(outcome));
  if (code == ExitCode::Done && !printed) return ExitCode::Failed;
  if (code == ExitCode::Done && command.strict && !file->rejected.empty()) {
    return ExitCode::BadInput;
  }
  return code;
}

}  // namespace shop
