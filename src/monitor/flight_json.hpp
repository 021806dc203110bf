#pragma once

// JSON for a signal handler: no memory is allocated, nothing is locked.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "flight_entry.hpp"

namespace eventcore::monitor::detail {

/// Writes JSON to `sink` in pieces. Async-signal-safe if the sink is. One thread at a time.
class FlightJson {
 public:
  using Sink = void (*)(void* target, const char* bytes, std::size_t size) noexcept;

  FlightJson(Sink sink, void* target) noexcept : sink_(sink), target_(target) {}
  FlightJson(const FlightJson&) = delete;
  FlightJson& operator=(const FlightJson&) = delete;
  ~FlightJson() { flush(); }

  void begin_object() noexcept { open('{'); }
  void end_object() noexcept { close('}'); }
  void begin_list() noexcept { open('['); }
  void end_list() noexcept { close(']'); }
  /// The name of the next member.
  void key(std::string_view name) noexcept;
  void text(std::string_view value) noexcept;
  void number(std::int64_t value) noexcept;
  void number(std::uint64_t value) noexcept;
  void hex(std::span<const std::uint8_t> bytes) noexcept;
  void uuid(const Uuid& id) noexcept;
  void boolean(bool value) noexcept;
  void entry(const FlightEntry& entry) noexcept;
  void line_end() noexcept { put("\n"); }
  void flush() noexcept;

 private:
  void open(char bracket) noexcept;
  void close(char bracket) noexcept;
  void separate() noexcept;
  void put(std::string_view bytes) noexcept;
  void quoted(std::string_view value) noexcept;
  void phases(std::span<const std::int64_t> nanoseconds) noexcept;
  void streams(const FlightEntry& entry) noexcept;
  void conflicts(const FlightEntry& entry) noexcept;
  void timeline(const FlightEntry& entry) noexcept;
  void member(std::string_view name, std::string_view value) noexcept;
  void member(std::string_view name, std::uint64_t value) noexcept;
  void member(std::string_view name, std::int64_t value) noexcept;

  const Sink sink_;
  void* const target_;
  std::array<char, 512> buffer_{};
  std::size_t used_ = 0;
  bool needs_comma_ = false;
};

}  // namespace eventcore::monitor::detail
