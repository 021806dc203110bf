#pragma once

// `SpanBuffer`: a span while it lasts, in the form that it is recorded in.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "eventcore/error.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "span_format.hpp"

namespace eventcore::detail {

/// Kept for reuse with its memory. Thread-safety: One thread at a time.
struct SpanBuffer {
  /// Begins a span; its context, times and status are set in `head` until it is recorded.
  void begin(const SpanLimits& span_limits, std::string_view name,
             std::string_view name_rest = {}) noexcept;

  void attribute(std::string_view key, const AttributeValue& value) noexcept;
  void event(std::string_view name, Instant time,
             std::span<const SpanAttribute> attributes) noexcept;
  void link(const TraceContext& context, std::span<const SpanAttribute> attributes) noexcept;
  void status(SpanStatus status, std::string_view message) noexcept;
  void fail(const Error& error) noexcept;
  void trace_state(std::string_view text) noexcept;

  /// What follows the head, which gets its size. Empty without memory. Valid until the buffer
  /// changes.
  [[nodiscard]] std::span<const std::byte> finish() noexcept;

  SpanHead head;
  SpanBuffer* next = nullptr;  // in a list of free ones

 private:
  /// Room for an item; null if it would go beyond what a record may hold.
  std::byte* add(ItemForm form, std::uint8_t type, std::size_t key_bytes,
                 std::size_t value_bytes) noexcept;
  std::byte* grow(std::size_t bytes) noexcept;
  bool put(ItemForm form, std::uint8_t type, std::string_view key, const void* value,
           std::size_t value_bytes) noexcept;
  bool put(std::string_view key, const AttributeValue& value) noexcept;
  void put_all(std::span<const SpanAttribute> attributes) noexcept;
  [[nodiscard]] std::string_view cut(std::string_view text) const noexcept;

  SpanLimits limits_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::uint32_t attributes_ = 0;
  std::uint32_t events_ = 0;
  std::uint32_t links_ = 0;
};

}  // namespace eventcore::detail
