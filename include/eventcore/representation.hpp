#pragma once

/// \file
/// `Representation<T>`: how a value with a type of its own is stored as a simpler one.
///
/// For an `OrderId` that is text, a `Money` that is an integer. Independent of the encoding.
/// The usual mistake is an error of `from` that quotes the value: what is stored may be personal,
/// and messages end up in logs.

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/result.hpp"
#include "eventcore/stream_id.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// Specialise it for a type of your own:
/// \code
/// template <>
/// struct eventcore::Representation<OrderId> {
///   using Type = std::string;                              // what is stored
///   static Result<OrderId> from(std::string_view stored);  // text arrives as a view
///   static std::string_view to(const OrderId& id);         // text may leave as one
/// };
/// \endcode
/// For every other `Type`, `from` takes it and `to` returns it. `from` refuses what `to` can't
/// give with `InvalidArgument`; a `T` without a default constructor is fine in containers and
/// optionals, and in structs that give the member a value.
template <class T>
struct Representation;

/// A type with a `Representation`.
template <class T>
concept Represented = requires(const T& value) {
  typename Representation<T>::Type;
  Representation<T>::to(value);
};

/// A `Represented` type that is stored as text; it can be the key of a map.
template <class T>
concept RepresentedAsText =
    Represented<T> && std::same_as<typename Representation<T>::Type, std::string> &&
    requires(std::string_view stored) {
      { Representation<T>::from(stored) } -> std::same_as<Result<T>>;
    };

/// A UUID is stored in its text form.
template <>
struct Representation<Uuid> {
  using Type = std::string;

  /// 36 characters that convert to a view.
  struct Text {
    std::array<char, 36> characters;
    operator std::string_view() const noexcept { return {characters.data(), characters.size()}; }
  };

  static Result<Uuid> from(std::string_view stored) {
    const std::optional<Uuid> parsed = Uuid::parse(stored);
    if (!parsed) return make_error(ErrorCode::InvalidArgument, "this is not a UUID");
    return *parsed;
  }
  static Text to(const Uuid& id) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    Text text{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) text.characters[at++] = '-';
      text.characters[at++] = kDigits[id.bytes[i] >> 4U];
      text.characters[at++] = kDigits[id.bytes[i] & 15U];
    }
    return text;
  }
};

/// A stream id is stored as its text.
template <>
struct Representation<StreamId> {
  using Type = std::string;

  static Result<StreamId> from(std::string_view stored) { return StreamId::parse(stored); }
  static std::string_view to(const StreamId& id) noexcept { return id.view(); }
};

}  // namespace eventcore
