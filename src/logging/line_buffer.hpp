#pragma once

// `LineBuffer`: text that grows, without the checks of `std::string` for each character.

#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace eventcore::detail {

/// Thread-safety: One thread at a time.
class LineBuffer {
 public:
  void append(std::string_view text) {
    char* const to = room(text.size());
    std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }
  void push(char c) {
    *room(1) = c;
    ++size_;
  }
  template <class Number>
  void number(Number value) {
    char* const begin = room(32);
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + 32, value).ptr - begin);
  }
  /// Where `bytes` may be written; then `advance`.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (size_ + bytes > capacity_) [[unlikely]]
      grow(bytes);
    return text_.get() + size_;
  }
  void advance(std::size_t bytes) noexcept { size_ += bytes; }
  void clear() noexcept { size_ = 0; }
  void shorten(std::size_t size) noexcept { size_ = size; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.get(), size_}; }

 private:
  void grow(std::size_t bytes) {
    const std::size_t capacity = (size_ + bytes) * 2;
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (size_ != 0) std::memcpy(larger.get(), text_.get(), size_);
    text_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace eventcore::detail
