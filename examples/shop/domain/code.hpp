#pragma once

/// \file
/// `Code`: the names that people give to orders, returns, adjustments, customers and products.
///
/// Each kind is a type of its own, so that a customer can't be passed as a product, and knows the
/// stream that it stands for: product `85123A` is the stream `product-85123A`. Codes are
/// case-sensitive.

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <eventcore/representation.hpp>
#include <eventcore/stream_id.hpp>

namespace shop {

/// Bytes of a code. Even with every byte escaped its stream's name is within the library's limit.
inline constexpr std::size_t kCodeBytesMax = 80;

/// Why `text` can't be a code; empty if it can: it has 1 to 80 bytes and no control character.
[[nodiscard]] std::string_view refuse_code(std::string_view text) noexcept;

/// The stream `<prefix><code>`. Bytes that stream names can't hold or would trim are written as `%`
/// and two hex digits, so that two codes never share a stream.
/// Requires: `code` has 1 to 80 bytes.
[[nodiscard]] eventcore::StreamId stream_of(std::string_view prefix, std::string_view code);

/// The code whose `stream_of` is `stream`; nothing if there is none.
[[nodiscard]] std::optional<std::string> code_of(std::string_view prefix, std::string_view stream);

/// A code of the kind that `Kind` describes by its `stream_prefix`. Thread-safety: Immutable.
template <class Kind>
class Code {
 public:
  /// Empty: for events that are about to be decoded.
  Code() = default;

  /// Errors: InvalidArgument.
  [[nodiscard]] static eventcore::Result<Code> parse(std::string_view text) {
    if (const std::string_view why = refuse_code(text); !why.empty()) {
      return eventcore::make_error(eventcore::ErrorCode::InvalidArgument, std::string(why));
    }
    return Code(std::string(text));
  }

  /// The code that the name of a stream stands for. Errors: InvalidArgument.
  [[nodiscard]] static eventcore::Result<Code> of_stream(std::string_view stream) {
    const std::optional<std::string> code = code_of(Kind::stream_prefix, stream);
    return from_stored(code ? *code : std::string_view());
  }

  /// A code out of a store. Errors: InvalidArgument.
  [[nodiscard]] static eventcore::Result<Code> from_stored(std::string_view text) {
    // What was stored once must be readable, whatever is refused today.
    if (!text.empty() && text.size() <= kCodeBytesMax) return Code(std::string(text));
    return parse(text);
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] eventcore::StreamId stream() const { return stream_of(Kind::stream_prefix, text_); }

  friend auto operator<=>(const Code&, const Code&) = default;

 private:
  explicit Code(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

struct OrderKind {
  static constexpr std::string_view stream_prefix = "order-";
};
struct ReturnKind {
  static constexpr std::string_view stream_prefix = "return-";
};
struct AdjustmentKind {
  static constexpr std::string_view stream_prefix = "adjustment-";
};
struct CustomerKind {
  static constexpr std::string_view stream_prefix = "customer-";
};
struct ProductKind {
  static constexpr std::string_view stream_prefix = "product-";
};

using OrderId = Code<OrderKind>;
using ReturnId = Code<ReturnKind>;
using AdjustmentId = Code<AdjustmentKind>;
using CustomerId = Code<CustomerKind>;
using ProductCode = Code<ProductKind>;

}  // namespace shop

/// Codes are stored as their text.
template <class Kind>
struct eventcore::Representation<shop::Code<Kind>> {
  using Type = std::string;
  static Result<shop::Code<Kind>> from(std::string_view stored) {
    return shop::Code<Kind>::from_stored(stored);
  }
  static std::string_view to(const shop::Code<Kind>& code) { return code.text(); }
};
