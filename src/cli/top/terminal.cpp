#include "terminal.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::array kSignals{SIGWINCH, SIGHUP, SIGQUIT};

// A signal handler has no other way to reach anything.
std::atomic<int> signal_event = -1;
std::atomic<bool> wants_end = false;

void on_signal(int number) {
  const int reason = errno;
  if (number != SIGWINCH) wants_end.store(true);
  const std::uint64_t one = 1;
  static_cast<void>(!write(signal_event.load(), &one, sizeof one));
  errno = reason;
}

}  // namespace

struct Terminal::SignalHandlers {
  SignalHandlers() {
    signal_event.store(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    EVENTCORE_ASSERT(signal_event.load() >= 0, "no descriptor for signals");
    struct sigaction action {};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before[i]);
  }
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;
  ~SignalHandlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
    close(signal_event.exchange(-1));
  }

  std::array<struct sigaction, kSignals.size()> before{};
};

Terminal::Terminal(int in, int out)
    : in_(in), out_(out), handlers_(std::make_unique<SignalHandlers>()) {
  tcgetattr(in_, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  // Ctrl-Z would leave the screen as it is to the shell.
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(in_, TCSANOW, &raw);
  write_all(kEnter);
}

Terminal::~Terminal() {
  write_all(kLeave);
  tcsetattr(in_, TCSANOW, &before_);
}

ScreenSize Terminal::size() const {
  winsize size{};
  if (ioctl(out_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

void Terminal::show(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += "\r\n";
    text += lines[i] + "\x1b[0m\x1b[K";
  }
  text += "\x1b[J";
  write_all(text);
}

std::string Terminal::typed(bool& closed) {
  std::array<char, 256> bytes{};
  const ssize_t got = read(in_, bytes.data(), bytes.size());
  closed = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
  return {bytes.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
}

int Terminal::descriptor() const noexcept { return signal_event.load(); }

bool Terminal::take_signals() {
  std::uint64_t count = 0;
  static_cast<void>(!read(signal_event.load(), &count, sizeof count));
  return wants_end.exchange(false);
}

void Terminal::write_all(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = write(out_, text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) return;  // nobody is there to be told
  }
}

bool can_show_screens(int in, int out) {
  const char* const kind = std::getenv("TERM");
  const std::string_view name = kind == nullptr ? "" : kind;
  return isatty(in) != 0 && isatty(out) != 0 && !name.empty() && name != "dumb";
}

}  // namespace eventcore::cli
