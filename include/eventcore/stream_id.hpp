#pragma once

/// \file
/// `StreamId` names a stream, `StreamPrefix` the streams that begin alike.
///
/// Both are parsed once and good from then on. The *category* of a stream, the text before the
/// first `-` or `/`, is what metrics show: ids themselves never become labels.
/// Example: examples/bank_transfer.cpp.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "eventcore/fixed_name.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// The name of one stream: valid UTF-8, 1 to 255 code points after Unicode white space at both
/// ends is trimmed, none of `*?[]`, no NUL and no other control character. Case-sensitive.
/// Thread-safety: Immutable.
class StreamId {
 public:
  /// The id written as `text`. Errors: InvalidArgument (names the rule).
  [[nodiscard]] static Result<StreamId> parse(std::string_view text);
  /// An id from parts known to be good, as `StreamId::of("product-", stock_code)`.
  /// Errors: InvalidArgument.
  [[nodiscard]] static Result<StreamId> of(std::string_view prefix, std::string_view name);
  /// An id written in source code: a bad one is a programmer error. Ids made from input go through
  /// `parse` or `of`.
  [[nodiscard]] static StreamId literal(FixedName text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  /// The text before the first `-` or `/`, or all of it. Views this id.
  [[nodiscard]] std::string_view category() const noexcept;
  /// Computed once, when the id is made; another one in every process. Cost: a load.
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

  friend bool operator==(const StreamId& a, const StreamId& b) noexcept {
    return a.hash_ == b.hash_ && a.text_ == b.text_;
  }
  friend auto operator<=>(const StreamId& a, const StreamId& b) noexcept {
    return a.text_ <=> b.text_;
  }

 private:
  explicit StreamId(std::string text);

  std::string text_;
  std::uint64_t hash_;
};

/// The beginning of stream ids, compared byte for byte. Same rules as `StreamId`, but white space
/// at the ends stays. Thread-safety: Immutable.
class StreamPrefix {
 public:
  /// The prefix written as `text`. Errors: InvalidArgument (names the rule).
  [[nodiscard]] static Result<StreamPrefix> parse(std::string_view text);
  /// A prefix written in source code: a bad one is a programmer error.
  [[nodiscard]] static StreamPrefix literal(FixedName text) { return parse(text).value(); }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool matches(std::string_view stream) const noexcept {
    return stream.starts_with(text_);
  }

  friend auto operator<=>(const StreamPrefix&, const StreamPrefix&) = default;

 private:
  explicit StreamPrefix(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// The category of a stream id: the text before the first `-` or `/`, or all of it.
[[nodiscard]] std::string_view category_of(std::string_view stream) noexcept;

}  // namespace eventcore

template <>
struct std::hash<eventcore::StreamId> {
  std::size_t operator()(const eventcore::StreamId& id) const noexcept {
    return static_cast<std::size_t>(id.hash());
  }
};
