#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "append_line.hpp"
#include "append_pipeline.hpp"
#include "commands.hpp"
#include "eventcore/limits.hpp"
#include "json_text.hpp"
#include "line_reader.hpp"
#include "store_option.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

/// The largest event in base64 and what is around it.
constexpr std::size_t kLineBytesMax = limits::kEventBytes / 3 * 4 + std::size_t{1024} * 1024;

struct AppendOptions {
  std::string store;
  std::string file = "-";
  bool atomic = false;
  bool json = false;
};

/// The file or standard input that lines come from.
class Input {
 public:
  explicit Input(const std::string& file)
      : name_(file == "-" ? "standard input" : file),
        descriptor_(file == "-" ? STDIN_FILENO : open_file(file)) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    if (descriptor_ > STDIN_FILENO) close(descriptor_);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Negative with errno if it can't be opened.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// It can be read twice: checked as a whole before the first line is appended.
  [[nodiscard]] bool is_regular() const {
    struct stat status {};
    return fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }

 private:
  /// Without blocking: a pipe may wait for its writer, and is waited for where a stop wakes.
  static int open_file(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISDIR(status.st_mode)) {
      return descriptor;
    }
    close(descriptor);
    errno = EISDIR;
    return -1;
  }

  const std::string name_;
  const int descriptor_;
};

/// Reads lines and appends what they say.
class Appender {
 public:
  Appender(EventStore& store, const Input& input, const AppendOptions& options, WakeUp& wake,
           Console& console)
      : store_(store), input_(input), options_(options), wake_(wake), console_(console) {}

  ExitCode run() { return options_.atomic ? append_all_as_one() : append_each(); }

 private:
  ExitCode fail(const Error& error, std::uint64_t line) {
    const ExitCode code = exit_code_of(error.code);
    if (error.code != ErrorCode::CommitInDoubt) return fail(code, describe(error), line);
    return fail(code, describe(error) + "; this line and later ones may be stored or not", line);
  }
  ExitCode fail(ExitCode code, const std::string& message, std::uint64_t line) {
    return console_.fail(code, input_.name() + ", line " + std::to_string(line) + ": " + message +
                                   "; " + stored_so_far());
  }
  /// All lines are one batch, which failed: because of the first line of a stream, or as a whole.
  ExitCode fail_all(const Error& error) {
    const auto line = first_lines_.find(error.stream);
    const std::string where =
        line == first_lines_.end() ? std::string() : ", line " + std::to_string(line->second);
    const bool in_doubt = error.code == ErrorCode::CommitInDoubt;
    return console_.fail(exit_code_of(error.code),
                         input_.name() + where + ": " + describe(error) + "; " +
                             (in_doubt ? "all lines may be stored or none" : stored_so_far()));
  }
  [[nodiscard]] bool stopped() const { return console_.stop().stop_requested(); }
  [[nodiscard]] std::string stored_so_far() const {
    if (stored_ == 0) return "nothing is stored";
    return counted(stored_, "event") + (stored_ == 1 ? " is" : " are") + " stored";
  }

  /// What stops the reading, other than a line.
  ExitCode end_of(LineReader::Outcome outcome, const LineReader& reader) {
    if (outcome == LineReader::Outcome::End) return ExitCode::Done;
    if (const ExitCode code = wait_for_all(); code != ExitCode::Done) return code;
    if (outcome == LineReader::Outcome::TooLong) {
      return fail(ExitCode::BadInput, "longer than " + std::to_string(kLineBytesMax) + " bytes",
                  reader.number());
    }
    return console_.fail(ExitCode::Failed, "can't read " + input_.name() + ": " +
                                               std::strerror(reader.error()) + "; " +
                                               stored_so_far());
  }

  /// Hands the events of all lines to `take`, which returns how to go on. Blank lines are none.
  template <class Take>
  ExitCode for_each_line(Take take) {
    LineReader reader(input_.descriptor(), wake_.descriptor(), kLineBytesMax);
    while (!stopped()) {
      const LineReader::Outcome outcome = reader.next();
      if (outcome == LineReader::Outcome::Woken) {
        wake_.clear();
        if (const ExitCode code = report_finished(); code != ExitCode::Done) return code;
        continue;
      }
      if (outcome != LineReader::Outcome::Line) return end_of(outcome, reader);
      if (reader.line().find_first_not_of(" \t") == std::string_view::npos) continue;
      const Result<AppendLine> line = parse_append_line(reader.line());
      if (!line) return fail_after_finished(line.error(), reader.number());
      const ExitCode code = take(*line, reader.number());
      if (code != ExitCode::Done) return code;
    }
    return ExitCode::Done;
  }

  ExitCode check_all() {
    const off_t begin = lseek(input_.descriptor(), 0, SEEK_CUR);
    const ExitCode code =
        for_each_line([](const AppendLine&, std::uint64_t) { return ExitCode::Done; });
    lseek(input_.descriptor(), begin, SEEK_SET);
    return code;
  }

  ExitCode append_each() {
    AppendPipeline pipeline(store_, wake_);
    pipeline_ = &pipeline;
    if (input_.is_regular()) {
      if (const ExitCode code = check_all(); code != ExitCode::Done) return code;
    }
    const ExitCode code = for_each_line([&](const AppendLine& line, std::uint64_t number) {
      while (pipeline.full()) {
        wake_.wait();
        if (const ExitCode failed = report_finished(); failed != ExitCode::Done) return failed;
      }
      BatchBuilder batch;
      if (auto added = batch.add(line); !added) return fail(added.error(), number);
      pipeline.submit(batch.take(), number);
      return ExitCode::Done;
    });
    if (code != ExitCode::Done) return code;
    if (const ExitCode failed = wait_for_all(); failed != ExitCode::Done) return failed;
    return summarise();
  }

  ExitCode append_all_as_one() {
    BatchBuilder builder;
    std::uint64_t lines = 0;
    const ExitCode code = for_each_line([&](const AppendLine& line, std::uint64_t number) {
      ++lines;
      first_lines_.try_emplace(line.stream.text(), number);
      const Result<void> added = builder.add(line);
      return added ? ExitCode::Done : fail(added.error(), number);
    });
    if (code != ExitCode::Done) return code;
    if (stopped()) {
      return console_.fail(ExitCode::Failed,
                           "interrupted before the end of the input; nothing is stored");
    }
    if (builder.empty()) return summarise();
    WriteBatch batch = builder.take();
    const Result<WriteResult> result = store_.append(batch);
    if (!result) return fail_all(result.error());
    acknowledge("lines", lines, batch, *result);
    return summarise();
  }

  ExitCode wait_for_all() {
    while (true) {
      if (const ExitCode code = report_finished(); code != ExitCode::Done) return code;
      if (pipeline_ == nullptr || pipeline_->idle()) return ExitCode::Done;
      wake_.wait();
    }
  }

  /// Acknowledges what is stored; tells of the first failure.
  ExitCode report_finished() {
    if (pipeline_ == nullptr) return ExitCode::Done;
    while (auto finished = pipeline_->take_finished()) {
      if (!finished->result) return fail(finished->result.error(), finished->line);
      acknowledge("line", finished->line, finished->batch, *finished->result);
    }
    console_.flush();
    return ExitCode::Done;
  }

  /// Lines before a bad one are on their way: their fate comes first.
  ExitCode fail_after_finished(const Error& error, std::uint64_t line) {
    if (const ExitCode code = wait_for_all(); code != ExitCode::Done) return code;
    return fail(error, line);
  }

  void acknowledge(std::string_view name, std::uint64_t count, const WriteBatch& batch,
                   const WriteResult& result) {
    stored_ += batch.event_count();
    ++batches_;
    last_ = result.last;
    if (!options_.json) return;
    std::vector<std::string> streams;
    for (const WriteBatch::Stream& stream : batch.streams()) {
      streams.push_back(JsonObject()
                            .text("stream", stream.id.view())
                            .number("version", stream.version_before.value + stream.events)
                            .str());
    }
    console_.line(JsonObject()
                      .number(name, count)
                      .text("command_id", batch.info.id.to_string())
                      .number("first_position", result.first.value)
                      .number("last_position", result.last.value)
                      .text("time", full_time(result.time))
                      .list("streams", streams)
                      .str());
  }

  ExitCode summarise() {
    if (!options_.json && stored_ == 0) {
      console_.line("appended nothing: the input has no lines");
    } else if (!options_.json) {
      console_.line("appended " + counted(stored_, "event") + " in " + counted(batches_, "batch") +
                    ", the last at position " + std::to_string(last_.value));
    }
    return console_.finish_output(stored_so_far());
  }

  EventStore& store_;
  const Input& input_;
  const AppendOptions& options_;
  WakeUp& wake_;
  Console& console_;
  AppendPipeline* pipeline_ = nullptr;
  std::unordered_map<std::string, std::uint64_t> first_lines_;  ///< Of an atomic batch's streams.
  std::uint64_t stored_ = 0;
  std::uint64_t batches_ = 0;
  Position last_;
};

ExitCode append(const AppendOptions& options, Console& console) {
  const Input input(options.file);
  if (input.descriptor() < 0) {
    return console.fail(ExitCode::BadInput,
                        "can't open " + input.name() + ": " + std::strerror(errno));
  }
  if (isatty(input.descriptor()) != 0) {
    console.note("Reading JSON lines from the terminal; Ctrl-D ends the input.");
  }
  WakeUp wake;
  const std::stop_callback ring(console.stop(), [&wake] { wake.ring(); });
  return with_store(console, options.store, writing(), [&](EventStore& store) {
    return Appender(store, input, options, wake, console).run();
  });
}

}  // namespace

void add_append_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<AppendOptions>();
  CLI::App* command = app.add_subcommand("append", "Append events from JSON lines");
  command->footer(
      "One event a line:\n"
      "  {\"stream\":\"product-1\",\"type\":\"StockReceived\",\"data\":{\"quantity\":5},\n"
      "   \"expected_version\":0,\"metadata\":{\"correlation_id\":\"import-7\",\"user\":\"ann\"}}\n"
      "expected_version is the number of events in the stream before; without it any will do.\n"
      "In metadata, correlation_id, causation_id and traceparent are stored as such; other fields\n"
      "are strings, numbers or booleans of your own. data_base64 takes data that is not JSON,\n"
      "schema_version (1) the version of the type.\n\n"
      "Each line is a batch of its own; the first failure ends the work. A file is checked as a\n"
      "whole before the first line is stored. With --atomic all lines are one batch: all or "
      "none.\n\n"
      "Examples:\n"
      "  eventcore append --store sqlite:shop.db events.jsonl\n"
      "  generate | eventcore append --store sqlite:shop.db --atomic\n");
  add_store_option(*command, options->store);
  command->add_option("FILE", options->file, "The file; - is standard input")
      ->capture_default_str();
  command->add_flag("--atomic", options->atomic, "Store all lines together or none");
  command->add_flag("--json", options->json, "Acknowledge each batch with an object in a line");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return append(*options, console); };
  });
}

}  // namespace eventcore::cli
