#include "replay/read_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

/// Closes what it opened.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  const int number_;
};

eventcore::Error unreadable(const std::filesystem::path& path, int why) {
  return make_error(ErrorCode::InvalidArgument,
                    path.string() + " can't be read: " + std::generic_category().message(why));
}

}  // namespace

eventcore::Result<std::string> read_input(const std::filesystem::path& path,
                                          const std::stop_token& stop) {
  // Without waiting: opening a pipe would wait for its writer, and no stop would be heard.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.number() < 0) return unreadable(path, errno);
  constexpr int kStopCheckMs = 100;
  std::string bytes;
  std::array<char, 65'536> piece{};
  while (!stop.stop_requested()) {
    pollfd wait{file.number(), POLLIN, 0};
    if (poll(&wait, 1, kStopCheckMs) == 0) continue;
    const ssize_t count = read(file.number(), piece.data(), piece.size());
    if (count == 0) return bytes;
    if (count > 0) {
      bytes.append(piece.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return unreadable(path, errno);
    }
  }
  return make_error(ErrorCode::Cancelled, "stopped before the end of " + path.string());
}

}  // namespace shop
