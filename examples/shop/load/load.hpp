#pragma once

/// \file
/// `LoadThreads`: sends generated orders to a shop at a steady rate.
///
/// The rate does not wait for the server: an order that is late because the one before it took
/// long counts from the moment it was due, so a slow server can't hide behind its own slowness.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "load/http_client.hpp"
#include "load/latency_histogram.hpp"

namespace shop {

struct LoadOptions {
  HttpAddress address;
  double rate = 200;  ///< Orders a second. Other requests come on top, about one in twenty.
  std::size_t connections = 16;
  std::uint64_t seed = 0;  ///< 0: another one each time.
};

/// Numbers since the beginning.
struct LoadCounts {
  std::uint64_t placed = 0;
  std::uint64_t refused = 0;  ///< For lack of stock.
  std::uint64_t failed = 0;   ///< No answer, or one that was not expected.
  LatencyCounts latency;      ///< Of orders, placed or refused.
};

/// Owns its threads. Thread-safety: One thread at a time.
class LoadThreads {
 public:
  explicit LoadThreads(LoadOptions options);
  LoadThreads(const LoadThreads&) = delete;
  LoadThreads& operator=(const LoadThreads&) = delete;
  ~LoadThreads() { stop(); }

  /// Fills the shelves of the tracked products, then begins.
  /// Errors: Unavailable (the shop does not answer as it should).
  [[nodiscard]] eventcore::Result<void> start();
  /// Finishes the requests under way.
  void stop();

  [[nodiscard]] LoadCounts counts() const;
  /// The latest failure, for people; empty without one.
  [[nodiscard]] std::string failure() const;

 private:
  using Clock = std::chrono::steady_clock;

  void send_orders(std::size_t thread);
  void send_side_request(HttpClient& client, std::uint64_t number, double choice);
  void note(const eventcore::Result<HttpAnswer>& answer, Clock::time_point due);
  void note_failure(std::string text);

  const LoadOptions options_;
  const std::string run_;  ///< Sets this run's idempotency keys apart.

  std::stop_source stop_;
  std::vector<std::thread> threads_;
  Clock::time_point begin_{};

  // Written by all threads, read while they run.
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> placed_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  LatencyHistogram latency_;

  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
};

}  // namespace shop
