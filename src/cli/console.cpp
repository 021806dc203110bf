#include "console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "eventcore/store_url.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{64} * 1024;

/// Writes all of `text`; returns 0 or errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
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
      width_(terminal_width(out)),
      shows_progress_(isatty(error) != 0) {}

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
  write_error(name_ + ": " + printable(redact_passwords(message)));
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

ExitCode Console::finish(ExitCode code) {
  progress({});
  flush();
  if (output_error_ == 0 || output_error_ == EPIPE) return code;
  std::string message = "can't write the output: ";
  message += std::strerror(output_error_);
  const ExitCode failed = fail(ExitCode::Failed, message);
  return code == ExitCode::Done ? failed : code;
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
