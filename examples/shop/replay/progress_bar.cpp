#include "replay/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace shop {

namespace {

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::min(seconds, 359'999.0) + 0.5);
  char text[64];
  if (whole >= 3'600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3'600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t total,
                          std::chrono::duration<double> elapsed) {
  constexpr std::size_t kWidth = 30;
  const std::size_t filled = total == 0 ? kWidth : std::min(done * kWidth / total, kWidth);
  const std::size_t percent = total == 0 ? 100 : done * 100 / total;
  std::string text = "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
                     std::to_string(percent) + " %  " + std::to_string(done) + " of " +
                     std::to_string(total);
  // Without a rate there is no telling how long the rest takes.
  if (done == 0 || elapsed.count() <= 0) return text;
  const double rate = static_cast<double>(done) / elapsed.count();
  char rate_text[32];
  std::snprintf(rate_text, sizeof rate_text, "  %.*f/s  ", rate < 10 ? 1 : 0, rate);
  return text + rate_text +
         duration_text(static_cast<double>(total - std::min(done, total)) / rate) + " left";
}

ProgressBar::ProgressBar(std::size_t total)
    : total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::update(std::size_t done) {
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  drawn_ = true;
  std::fprintf(stderr, "\r\033[K%s", progress_text(done, total_, now - begin_).c_str());
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  drawn_ = false;
  next_ = {};
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace shop
