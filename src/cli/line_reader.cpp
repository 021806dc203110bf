#include "line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace eventcore::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

}  // namespace

LineReader::LineReader(int input, int wake, std::size_t line_bytes_max)
    : input_(input), wake_(wake), line_bytes_max_(line_bytes_max) {}

bool LineReader::take_line() {
  std::size_t end = buffer_.find('\n', searched_);
  searched_ = buffer_.size();
  std::size_t next = end + 1;
  if (end == std::string::npos) {
    if (!ended_ || begin_ == buffer_.size()) return false;
    next = end = buffer_.size();
  }
  line_ = std::string_view(buffer_).substr(begin_, end - begin_);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  begin_ = searched_ = next;
  ++number_;
  return true;
}

LineReader::Outcome LineReader::next() {
  while (true) {
    if (take_line()) return line_.size() > line_bytes_max_ ? Outcome::TooLong : Outcome::Line;
    if (ended_) return Outcome::End;
    if (buffer_.size() - begin_ > line_bytes_max_) {
      ++number_;
      return Outcome::TooLong;
    }
    std::array<pollfd, 2> waits{{{input_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      error_ = errno;
      return Outcome::Failed;
    }
    if (waits[1].revents != 0) return Outcome::Woken;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t used = buffer_.size();
    searched_ = used;
    buffer_.resize(used + kReadBytes);
    const ssize_t got = read(input_, buffer_.data() + used, kReadBytes);
    buffer_.resize(used + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
      error_ = errno;
      return Outcome::Failed;
    }
  }
}

}  // namespace eventcore::cli
