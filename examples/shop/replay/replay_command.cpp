#include "replay/replay_command.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

#include <eventcore/command_executor.hpp>

#include "open_shop_store.hpp"
#include "print_error.hpp"
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
    std::fprintf(stderr, "%s:%zu: %s\n", file.c_str(), row.line, row.reason.c_str());
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

void print_summary(const RetailFile& file, const ReplayOutcome& outcome, double seconds) {
  const ReplayTally& tally = outcome.tally;
  std::printf("%s %zu of %zu commands in %.1f s (%.0f/s)\n",
              outcome.stopped ? "stopped after" : "replayed", tally.done(), file.steps.size(),
              seconds, seconds > 0 ? static_cast<double>(tally.done()) / seconds : 0.0);
  std::printf("  stored %zu, known already %zu, refused %zu, failed %zu\n", tally.stored,
              tally.repeated, tally.refused, tally.failed);
  std::printf("  rows read %zu, rejected %zu\n", file.rows, file.rejected.size());
}

ExitCode exit_code_of(const ReplayOutcome& outcome) {
  if (outcome.error) return shop::exit_code_of(*outcome.error);
  return outcome.tally.refused > 0 ? ExitCode::Failed : ExitCode::Done;
}

}  // namespace

ExitCode run(const ReplayCommand& command, std::stop_token stop) {
  auto file = read_retail_file(command.file);
  if (!file) {
    print_error(file.error().message);
    return ExitCode::BadInput;
  }
  print_rejected(command.file, file->rejected);
  if (!command.rejects.empty() && !write_rejects(command.rejects, file->rejected)) {
    print_error(command.rejects + " can't be written");
    return ExitCode::BadInput;
  }

  ExitCode code = ExitCode::Done;
  const auto store = open_shop_store(command.store, {}, code);
  if (!store) return code;

  const auto begin = std::chrono::steady_clock::now();
  ProgressBar bar(file->steps.size());
  ReplayOutcome outcome;
  {
    // The executor's destructor waits for its commands, so it goes before the store is closed.
    eventcore::CommandExecutor executor(*store);
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
  print_summary(*file, outcome, elapsed.count());

  code = close_shop_store(*store, exit_code_of(outcome));
  if (code == ExitCode::Done && command.strict && !file->rejected.empty()) {
    return ExitCode::BadInput;
  }
  return code;
}

}  // namespace shop
