#pragma once

/// \file
/// `WakeUp`: a descriptor that `poll` can wait for together with files and pipes.

namespace eventcore::cli {

/// Thread-safety: Thread-safe.
class WakeUp {
 public:
  WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  ~WakeUp();

  /// Makes the descriptor readable. Blocking: no.
  void ring() noexcept;
  /// Blocking: until it was rung.
  void wait() noexcept;
  /// Forgets rings so far. Blocking: no.
  void clear() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace eventcore::cli
