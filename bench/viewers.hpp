#pragma once

/// \file
/// `Viewers`: clients that follow the live stream of a console, in a process of their own, so that
/// their CPU time is not ours.

#include <sys/types.h>

#include <cstdint>

namespace eventcore::bench {

/// They follow from construction to destruction.
class Viewers {
 public:
  /// Returns when each has got the head of the answer.
  Viewers(std::uint16_t port, int count);
  Viewers(const Viewers&) = delete;
  Viewers& operator=(const Viewers&) = delete;
  ~Viewers();

 private:
  pid_t process_ = -1;
};

}  // namespace eventcore::bench
