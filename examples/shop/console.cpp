#include "console.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <eventcore/store_url.hpp>

namespace shop {

namespace {

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out.append("\\x").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return out;
}

}  // namespace

void print_error(std::string_view text) { print_note("eventcore-shop: " + std::string(text)); }

void print_note(std::string_view text) {
  const std::string line = printable(eventcore::redact_secrets(text)) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool print_output(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return true;
  const int why = errno;
  print_error(why == EPIPE
                  ? "standard output was closed before everything was written"
                  : "can't write to standard output: " + std::generic_category().message(why));
  return false;
}

void open_standard_streams(char** arguments) {
  bool begins_again = false;
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    const int flags = fcntl(stream, F_GETFD);
    // The lowest free number is taken, which is this one.
    if (flags < 0 && open("/dev/null", O_RDWR) < 0) return;
    // What came from the caller is no file that is closed for the next program.
    if (flags < 0 || (flags & FD_CLOEXEC) == 0) continue;
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    begins_again = dup2(null, stream) == stream;
  }
  if (begins_again) execv("/proc/self/exe", arguments);
}

}  // namespace shop
