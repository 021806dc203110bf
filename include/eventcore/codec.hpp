#pragma once

/// \file
/// `Codec<E>`: how one event becomes bytes and back; `encode_event` and `decode_event` around it.
///
/// json.hpp gives every described event a codec; specialise it to store an event in another form.
/// Decoding a stored event takes its schema version: older ones are upcast step by step. The usual
/// mistake is to call `Codec<E>::decode` on stored bytes, which skips that. Example:
/// examples/schema_evolution.cpp.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "eventcore/describe.hpp"
#include "eventcore/limits.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// The customisation point. A codec of your own:
/// \code
/// template <>
/// struct eventcore::Codec<PriceChanged> {
///   static constexpr std::string_view content_type = "application/x-price";
///   static Result<void> encode(const PriceChanged& event, std::string& out);
///   static Result<PriceChanged> decode(std::string_view bytes);
/// };
/// \endcode
/// `encode` appends to `out` what `decode` can read; after an error (InvalidArgument) `out` is as
/// it was. `decode` may read, never interpret, `limits::kPayloadPadding` bytes behind its
/// argument; its error is DecodeFailed and names the event and the field, never a value.
/// `content_type` is static storage and the same for ever.
template <class E>
struct Codec;

/// A described event with a codec.
template <class E>
concept Encodable =
    DescribedEvent<E> && requires(const E& event, std::string& out, std::string_view bytes) {
      { Codec<E>::content_type } -> std::convertible_to<std::string_view>;
      { Codec<E>::encode(event, out) } -> std::same_as<Result<void>>;
      { Codec<E>::decode(bytes) } -> std::same_as<Result<E>>;
    };

namespace detail {
template <class V>
struct IsEncodableVariant : std::false_type {};
template <class... Events>
struct IsEncodableVariant<std::variant<Events...>>
    : std::bool_constant<(Encodable<Events> && ...)> {};

/// Says what a type lacks to be a stored event; the instantiation names the type.
template <class E>
struct ExplainedEvent : std::true_type {
  static_assert(DescribedEvent<E>,
                "eventcore: an event needs `static constexpr auto describe()` that returns "
                "describe_event(...); see describe.hpp");
  static_assert(!DescribedEvent<E> || Encodable<E>,
                "eventcore: an event needs a Codec: include <eventcore/json.hpp>");
};
template <class V>
struct ExplainedEvents : std::true_type {
  static_assert(IsEventVariant<V>::value,
                "eventcore: a set of events is a std::variant of event structs");
};
template <class... Events>
struct ExplainedEvents<std::variant<Events...>>
    : std::bool_constant<(ExplainedEvent<Events>::value && ...)> {};

[[nodiscard]] inline Error event_too_large(std::string_view name, std::size_t bytes) {
  return make_error(ErrorCode::LimitExceeded, std::string(name) + ": " + std::to_string(bytes) +
                                                  " bytes encoded, more than " +
                                                  std::to_string(limits::kEventBytes));
}

[[nodiscard]] inline Error unknown_event(std::string_view name) {
  return make_error(ErrorCode::UnknownEventType,
                    "the event type '" + std::string(name) + "' is not in the set");
}

[[nodiscard]] inline Error unknown_version(std::string_view name, std::uint32_t stored,
                                           std::uint32_t known) {
  std::string message(name);
  message += ": stored with schema version " + std::to_string(stored);
  message += stored > known ? ", the newest known version is " : ", no upcaster leads to version ";
  return make_error(ErrorCode::DecodeFailed, message + std::to_string(known));
}
}  // namespace detail

/// A set of events that all have codecs.
template <class V>
concept EncodableVariant = EventVariant<V> && detail::IsEncodableVariant<V>::value;

/// Appends the stored form of `event`. After an error `out` is as it was.
/// Errors: InvalidArgument (names the field), LimitExceeded (`limits::kEventBytes`).
template <Encodable E>
[[nodiscard]] Result<void> encode_event(const E& event, std::string& out) {
  const std::size_t before = out.size();
  Result<void> result = Codec<E>::encode(event, out);
  if (result && out.size() - before > limits::kEventBytes) {
    const std::size_t bytes = out.size() - before;
    out.resize(before);
    return detail::event_too_large(event_name<E>, bytes);
  }
  return result;
}

/// The same for the event that `event` holds.
template <EncodableVariant V>
[[nodiscard]] Result<void> encode_event(const V& event, std::string& out) {
  return std::visit([&out](const auto& held) { return encode_event(held, out); }, event);
}

/// The event stored as `bytes` with `schema_version`, upcast to `E`.
/// Errors: DecodeFailed (bad bytes, a version that is newer than `E` or has no upcaster), what an
/// upcaster returns.
template <Encodable E>
[[nodiscard]] Result<E> decode_event(std::uint32_t schema_version, std::string_view bytes) {
  static_assert(
      Upcast<E> || !requires { typename E::Previous; },
      "eventcore: an event with `Previous` needs `static E upcast(Previous&& old)`");
  if (schema_version == event_version<E>) return Codec<E>::decode(bytes);
  if constexpr (Upcast<E>) {
    using Old = typename E::Previous;
    static_assert(event_name<Old> == event_name<E>,
                  "Previous: an older version has the same stored name");
    static_assert(event_version<Old> < event_version<E>,
                  "Previous: an older version has a lower version");
    static_assert(Encodable<Old>, "Previous: the older version has no codec");
    if (schema_version <= event_version<Old>) {
      Result<Old> old = decode_event<Old>(schema_version, bytes);
      if (!old) return std::move(old).error();
      return E::upcast(*std::move(old));
    }
  }
  return detail::unknown_version(event_name<E>, schema_version, event_version<E>);
}

namespace detail {
/// One decoder for each event of a set, by index.
template <class V>
struct DecodeTable;
template <class... Events>
struct DecodeTable<std::variant<Events...>> {
  using Set = std::variant<Events...>;

  template <class E>
  static Result<Set> decode(std::uint32_t schema_version, std::string_view bytes) {
    Result<E> event = decode_event<E>(schema_version, bytes);
    if (!event) return std::move(event).error();
    return Set(std::in_place_type<E>, *std::move(event));
  }

  static constexpr std::array<Result<Set> (*)(std::uint32_t, std::string_view), sizeof...(Events)>
      kEntries{&decode<Events>...};
};
}  // namespace detail

/// The event of set `V` at `index` (see `index_of_event`).
/// Requires: `index` is less than the size of the set.
template <EncodableVariant V>
[[nodiscard]] Result<V> decode_event(std::size_t index, std::uint32_t schema_version,
                                     std::string_view bytes) {
  EVENTCORE_ASSERT(index < std::variant_size_v<V>, "no event of the set has this index");
  return detail::DecodeTable<V>::kEntries[index](schema_version, bytes);
}

/// The event of set `V` that is stored under `name`. Errors: also UnknownEventType.
template <EncodableVariant V>
[[nodiscard]] Result<V> decode_event(std::string_view name, std::uint32_t schema_version,
                                     std::string_view bytes) {
  const std::optional<std::size_t> index = index_of_event<V>(name);
  if (!index) return detail::unknown_event(name);
  return decode_event<V>(*index, schema_version, bytes);
}

}  // namespace eventcore
