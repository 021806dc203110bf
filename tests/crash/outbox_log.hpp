#pragma once

// An outbox whose receiver is a file: a line `POSITION ID TOKEN` a delivery.

#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "eventcore/outbox.hpp"
#include "eventcore/projection_runner.hpp"

namespace eventcore::crash {

class OutboxLog final : public Outbox {
 public:
  explicit OutboxLog(const std::string& path)
      : Outbox({.name = "log"}),
        file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~OutboxLog() override { close(file_); }

  std::function<void()> delivered = [] {};  ///< The receiver has it, and nobody else knows yet.

 protected:
  Result<void> deliver(const OutboxMessage& message) override {
    const std::string line = std::to_string(message.event.position.value) + " " + message.id + " " +
                             std::to_string(message.token) + "\n";
    if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      return make_error(ErrorCode::Unavailable, "the receiver is down");
    }
    delivered();
    return {};
  }

 private:
  const int file_;
};

/// The lease of a process that was killed runs out soon.
inline ProjectionRunnerOptions outbox_options() {
  ProjectionRunnerOptions options;
  options.lease = std::chrono::milliseconds{100};
  options.request_poll = std::chrono::milliseconds{20};
  return options;
}

}  // namespace eventcore::crash
