#pragma once

/// \file
/// Ports on 127.0.0.1 for servers that stop and start again.

namespace eventcore::testing {

/// A free port that no other `LoopbackPort` on this machine has. It lies below those that the
/// system gives to outgoing connections, so that a stopped server finds it free again.
///
/// Ownership: gives the port back.
class LoopbackPort {
 public:
  LoopbackPort();
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;
  ~LoopbackPort();

  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int reservation_ = -1;
  int number_ = 0;
};

}  // namespace eventcore::testing
