#include "console.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <utility>

#include "eventcore/store_url.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{64} * 1024;

/// How long a reader that does not read is waited for once the user wants an end.
constexpr int kPatienceMs = 1'000;

/// As much as surely fits where `poll` says that something does. Files never wait.
std::size_t writable_at_once(int descriptor) {
  struct stat status {};
  const bool file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  return file ? SSIZE_MAX : PIPE_BUF;
}

std::size_t terminal_width(int descriptor) {
  if (isatty(descriptor) == 0) return 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void append_escape(std::string& out, unsigned char code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[code >> 4U];
  out += kHex[code & 0xFU];
}

}  // namespace

Console::Console(int out, int error, std::string name, std::stop_token stop)
    : out_(out),
      error_(error),
      name_(std::move(name)),
      stop_(std::move(stop)),
      ring_(stop_, [this] { stopping_.ring(); }),
      width_(terminal_width(out)),
      shows_progress_(isatty(error) != 0) {}

/// False if the user wants an end and nobody reads.
bool Console::wait_for_reader(int descriptor) {
  while (true) {
    const bool stopped = stop_.stop_requested();
    std::array<pollfd, 2> waits{{{descriptor, POLLOUT, 0}, {stopping_.descriptor(), POLLIN, 0}}};
    const int ready = poll(waits.data(), stopped ? 1 : 2, stopped ? kPatienceMs : -1);
    if (ready < 0 && errno != EINTR) return true;
    if (waits[0].revents != 0) return true;
    if (stopped && ready == 0) return false;
  }
}

/// Writes all of `text`; returns 0 or errno, which is ECANCELED if the user wants an end and nobody
/// reads.
int Console::write_all(int descriptor, std::string_view text) {
  const std::size_t at_once = writable_at_once(descriptor);
  while (!text.empty()) {
    if (!wait_for_reader(descriptor)) return ECANCELED;
    const ssize_t written = write(descriptor, text.data(), std::min(text.size(), at_once));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno;
    }
  }
  return 0;
}

void Console::line(std::string_view text) {
  if (output_error_ != 0) return;
  pending_ += text;
  pending_ += '\n';
  if (pending_.size() >= kPendingBytes) flush();
}

void Console::flush() {
  if (output_error_ == 0 && !pending_.empty()) output_error_ = write_all(out_, pending_);
  pending_.clear();
}

ExitCode Console::fail(ExitCode code, std::string_view message) {
  flush();
  write_error(name_ + ": " + printable(redact_secrets(message)));
  return code;
}

ExitCode Console::fail(const Error& error, std::string_view where) {
  std::string message(where);
  if (!message.empty()) message += ": ";
  return fail(exit_code_of(error.code), message + describe(error));
}

void Console::note(std::string_view text) {
  flush();
  write_error(std::string(text));
}

void Console::progress(std::string_view text) {
  if (!shows_progress_ || (text.empty() && !progress_shown_)) return;
  std::string line = "\r";
  line += text;
  line += "\x1b[K";
  progress_shown_ = !text.empty();
  // Progress that can't be shown is no failure of the work.
  static_cast<void>(write_all(error_, line));
}

void Console::write_error(std::string text) {
  progress({});
  text += '\n';
  // There is no place left to report a standard error that can't be written.
  static_cast<void>(write_all(error_, text));
}

bool Console::stopped() const noexcept { return output_error_ != 0 || stop_.stop_requested(); }

ExitCode Console::finish_output(std::string_view done) {
  progress({});
  flush();
  if (output_error_ == 0 || output_error_ == EPIPE) return ExitCode::Done;
  if (std::exchange(output_error_told_, true)) return ExitCode::Failed;
  std::string message = "can't write the output: ";
  message += output_error_ == ECANCELED ? "interrupted, and nobody reads the output"
                                        : std::strerror(output_error_);
  if (!done.empty()) message.append("; ").append(done);
  return fail(ExitCode::Failed, message);
}

ExitCode Console::finish(ExitCode code) {
  const ExitCode written = finish_output();
  return code == ExitCode::Done ? written : code;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i != text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 != text.size() ? text[i + 1] : '\0');
    if (byte < 0x20 || byte == 0x7F) {
      append_escape(out, byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      append_escape(out, next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t end = text.size(); end > 3;) {
    end -= 3;
    text.insert(end, ",");
  }
  return text;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  std::string text = grouped(count) + " ";
  text += noun;
  if (count != 1) text += noun.ends_with("ch") ? "es" : "s";
  return text;
}

}  // namespace eventcore::cli
