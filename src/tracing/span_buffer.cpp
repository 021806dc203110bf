#include "span_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <variant>

namespace eventcore::detail {
namespace {

constexpr std::size_t kFirstBytes = 512;
constexpr std::size_t kKeyBytesMax = 256;

std::byte* copy(std::byte* to, const void* from, std::size_t bytes) noexcept {
  if (bytes != 0) std::memcpy(to, from, bytes);
  return to + bytes;
}

}  // namespace

void SpanBuffer::begin(const SpanLimits& span_limits, std::string_view name,
                       std::string_view name_rest) noexcept {
  limits_ = span_limits;
  attributes_ = events_ = links_ = 0;
  head = {};
  size_ = sizeof(SpanHead);
  name = name.substr(0, kKeyBytesMax);
  name_rest = name_rest.substr(0, kKeyBytesMax);
  std::byte* at = grow(name.size() + name_rest.size());
  if (at == nullptr) return;
  copy(copy(at, name.data(), name.size()), name_rest.data(), name_rest.size());
  head.name_bytes = static_cast<std::uint32_t>(name.size() + name_rest.size());
}

std::byte* SpanBuffer::grow(std::size_t bytes) noexcept {
  const std::size_t needed = size_ + bytes;
  if (needed > kRecordBytesMax) return nullptr;
  if (needed > capacity_) {
    // A multiple of the alignment, so that `finish` need not grow it.
    const std::size_t capacity = std::max(kFirstBytes, 2 * needed) & ~(kRecordAlignment - 1);
    std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[capacity]);
    if (larger == nullptr) return nullptr;
    if (bytes_ != nullptr) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }
  std::byte* const at = bytes_.get() + size_;
  size_ = needed;
  return at;
}

std::byte* SpanBuffer::add(ItemForm form, std::uint8_t type, std::size_t key_bytes,
                           std::size_t value_bytes) noexcept {
  std::byte* const at = grow(sizeof(ItemHead) + key_bytes + value_bytes);
  if (at == nullptr) return nullptr;
  const ItemHead item{form, type, static_cast<std::uint16_t>(key_bytes),
                      static_cast<std::uint32_t>(value_bytes)};
  return copy(at, &item, sizeof item);
}

bool SpanBuffer::put(ItemForm form, std::uint8_t type, std::string_view key, const void* value,
                     std::size_t value_bytes) noexcept {
  key = key.substr(0, kKeyBytesMax);
  std::byte* const at = add(form, type, key.size(), value_bytes);
  if (at == nullptr) return false;
  copy(copy(at, key.data(), key.size()), value, value_bytes);
  return true;
}

bool SpanBuffer::put(std::string_view key, const AttributeValue& value) noexcept {
  const auto type = static_cast<std::uint8_t>(value.index());
  return std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string_view>) {
          const std::string_view text = cut(held);
          return put(ItemForm::Attribute, type, key, text.data(), text.size());
        } else {
          return put(ItemForm::Attribute, type, key, &held, sizeof held);
        }
      },
      value);
}

void SpanBuffer::put_all(std::span<const SpanAttribute> attributes) noexcept {
  const std::size_t taken = std::min<std::size_t>(attributes.size(), limits_.attributes);
  for (const SpanAttribute& one : attributes.first(taken)) {
    if (!put(one.key, one.value)) ++head.dropped_attributes;
  }
  head.dropped_attributes += static_cast<std::uint32_t>(attributes.size() - taken);
  // Without this the next attribute would be taken for one of the event or link. A record that is
  // full has no next one.
  static_cast<void>(put(ItemForm::SpanAttributes, 0, {}, nullptr, 0));
}

/// At most the limit, and whole characters of UTF-8.
std::string_view SpanBuffer::cut(std::string_view text) const noexcept {
  if (text.size() <= limits_.text_bytes) return text;
  std::size_t end = limits_.text_bytes;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && end + 3 > limits_.text_bytes && continues(end)) --end;
  return text.substr(0, end);
}

void SpanBuffer::attribute(std::string_view key, const AttributeValue& value) noexcept {
  if (attributes_ < limits_.attributes && put(key, value)) {
    ++attributes_;
  } else {
    ++head.dropped_attributes;
  }
}

void SpanBuffer::event(std::string_view name, Instant time,
                       std::span<const SpanAttribute> attributes) noexcept {
  if (events_ == limits_.events || !put(ItemForm::Event, 0, name, &time, sizeof time)) {
    ++head.dropped_events;
    return;
  }
  ++events_;
  put_all(attributes);
}

void SpanBuffer::link(const TraceContext& context,
                      std::span<const SpanAttribute> attributes) noexcept {
  if (!context.is_valid()) return;
  if (links_ == limits_.links || !put(ItemForm::Link, 0, {}, &context, sizeof context)) {
    ++head.dropped_links;
    return;
  }
  ++links_;
  put_all(attributes);
}

void SpanBuffer::status(SpanStatus status, std::string_view message) noexcept {
  head.status = status;
  if (status != SpanStatus::Error) return;
  message = cut(message);
  static_cast<void>(put(ItemForm::StatusMessage, 0, {}, message.data(), message.size()));
}

void SpanBuffer::fail(const Error& error) noexcept {
  status(SpanStatus::Error, error.message);
  attribute("error.type", to_string(error.code));
  attribute("error.message", std::string_view(error.message));
}

void SpanBuffer::trace_state(std::string_view text) noexcept {
  if (text.empty()) return;
  static_cast<void>(put(ItemForm::TraceState, 0, {}, text.data(), text.size()));
}

std::span<const std::byte> SpanBuffer::finish() noexcept {
  if (bytes_ == nullptr) return {};
  size_ = (size_ + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
  head.bytes = static_cast<std::uint32_t>(size_);
  return {bytes_.get() + sizeof(SpanHead), size_ - sizeof(SpanHead)};
}

}  // namespace eventcore::detail
