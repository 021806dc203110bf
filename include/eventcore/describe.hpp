#pragma once

/// \file
/// How an application describes its events once: stored name, version and fields of each struct.
///
/// A description is plain data made by `constexpr` functions; codecs such as json.hpp read it. It
/// is checked when the program is compiled: names, versions and doubled fields. The usual mistake
/// is to rename a stored field; the stored name is a promise to the log, the member is not.
/// Examples: examples/bank_transfer.cpp, and examples/schema_evolution.cpp for what changes later.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "eventcore/detail/description.hpp"
#include "eventcore/limits.hpp"

namespace eventcore {

/// A field that every stored event has; `std::optional` members may be absent or null.
/// Stored names are up to `limits::kTypeNameBytes` printable ASCII characters without spaces,
/// quotes and backslashes.
template <class Owner, class Member>
[[nodiscard]] constexpr auto field(std::string_view name, Member Owner::*member) {
  return detail::Field<Owner, Member, detail::NoFallback>{name, member, {}};
}

/// A field that was added later: where it is absent the member becomes `fallback`, a value or a
/// function without arguments that returns one.
template <class Owner, class Member, class Fallback>
[[nodiscard]] constexpr auto field_or(std::string_view name, Member Owner::*member,
                                      Fallback fallback) {
  static_assert(std::is_convertible_v<Fallback, Member> || std::is_invocable_r_v<Member, Fallback>,
                "field_or: the fallback is neither a value of the member's type nor a function "
                "that returns one");
  return detail::Field<Owner, Member, Fallback>{name, member, fallback};
}

/// The description of an event, returned by its static `describe()`:
/// \code
/// struct StockReserved {
///   std::string order;
///   std::int64_t quantity = 0;
///   static constexpr auto describe() {
///     return eventcore::describe_event("stock_reserved", 1,
///                                      eventcore::field("order", &StockReserved::order),
///                                      eventcore::field("quantity", &StockReserved::quantity));
///   }
/// };
/// \endcode
/// `name` begins with a letter and consists of letters, digits and `_.:-`. At most 64 fields.
template <detail::AnyField... Fields>
[[nodiscard]] constexpr auto describe_event(std::string_view name, std::uint32_t version,
                                            Fields... fields) {
  return detail::EventDescription<Fields...>{name, version, {fields...}};
}

/// The description of a struct inside events, returned by its static `describe()`.
template <detail::AnyField... Fields>
[[nodiscard]] constexpr auto describe_value(Fields... fields) {
  return detail::ValueDescription<Fields...>{{}, {fields...}};
}

/// The same with a name, which tells the alternatives of a `std::variant` member apart.
template <detail::AnyField... Fields>
[[nodiscard]] constexpr auto describe_value(std::string_view name, Fields... fields) {
  return detail::ValueDescription<Fields...>{name, {fields...}};
}

/// One enumerator and its stored name.
template <class Enum>
[[nodiscard]] constexpr detail::Enumerator<Enum> enumerator(std::string_view name, Enum value) {
  return {name, value};
}

/// The description of an enum, returned by a free function beside it:
/// \code
/// constexpr auto describe_enum(Color) {
///   return eventcore::enumerators(eventcore::enumerator("red", Color::Red),
///                                 eventcore::enumerator("green", Color::Green));
/// }
/// \endcode
template <class Enum, std::same_as<detail::Enumerator<Enum>>... More>
[[nodiscard]] constexpr auto enumerators(detail::Enumerator<Enum> first, More... more) {
  return std::array<detail::Enumerator<Enum>, 1 + sizeof...(More)>{first, more...};
}

/// A struct with a static `describe()` that returns `describe_event(...)`. The smallest:
/// `struct Opened { static constexpr auto describe() { return describe_event("opened", 1); } };`
template <class E>
concept DescribedEvent = std::same_as<E, std::remove_cvref_t<E>> && detail::HasEventDescription<E>;

/// A struct with a static `describe()` that returns `describe_value(...)`.
template <class T>
concept DescribedValue = std::same_as<T, std::remove_cvref_t<T>> && requires {
  requires detail::IsValueDescription<decltype(T::describe())>::value;
};

/// An enum with a `describe_enum` beside it.
template <class E>
concept DescribedEnum = std::is_enum_v<E> && requires(E value) {
  { describe_enum(value)[0] } -> std::convertible_to<detail::Enumerator<E>>;
};

/// The checked description of an event or value.
template <class T>
  requires(DescribedEvent<T> || DescribedValue<T>)
inline constexpr auto& description_of = detail::CheckedDescription<T>::value;

/// The stored name of event `E`.
template <DescribedEvent E>
inline constexpr std::string_view event_name = description_of<E>.name;

/// The schema version that is written for event `E`; at least 1.
template <DescribedEvent E>
inline constexpr std::uint32_t event_version = description_of<E>.version;

/// What identifies the schema of a stored event.
struct EventType {
  std::string_view name;  ///< Static storage.
  std::uint32_t version = 1;

  friend constexpr bool operator==(EventType, EventType) = default;
};

namespace detail {
/// The types of a set of events after their check.
template <class V>
struct CheckedEventSet;
template <class... Events>
struct CheckedEventSet<std::variant<Events...>> {
  static constexpr std::array<EventType, sizeof...(Events)> types{
      EventType{event_name<Events>, event_version<Events>}...};
  static_assert(all_differ(std::array<std::string_view, sizeof...(Events)>{event_name<Events>...}),
                "two events of one set have the same stored name");
};
}  // namespace detail

/// A set of event types: a `std::variant` of described events, all with different stored names.
template <class V>
concept EventVariant = detail::IsEventVariant<V>::value;

/// The types of set `V`, by index.
template <EventVariant V>
inline constexpr auto& event_types = detail::CheckedEventSet<V>::types;

/// The index in `V` of the event stored as `name`, or nothing. Cost: linear; where stores hand
/// out type numbers, ask once for each type.
template <EventVariant V>
[[nodiscard]] constexpr std::optional<std::size_t> index_of_event(std::string_view name) {
  for (std::size_t i = 0; i < event_types<V>.size(); ++i) {
    if (event_types<V>[i].name == name) return i;
  }
  return std::nullopt;
}

/// An event that older stored versions are upcast to: it names the struct of the version before
/// as `Previous`, which has the same stored name and a lower version, and turns it into itself:
/// \code
/// using Previous = OrderPlacedV1;
/// static OrderPlaced upcast(OrderPlacedV1&& old);   // or Result<OrderPlaced>
/// \endcode
template <class E>
concept Upcast = DescribedEvent<E> && requires(typename E::Previous&& old) {
  requires DescribedEvent<typename E::Previous>;
  E::upcast(std::move(old));
};

}  // namespace eventcore
