#pragma once

/// \file
/// The data behind describe.hpp and its checks. Not for direct use.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

#include "eventcore/limits.hpp"

namespace eventcore::detail {

/// A field without a fallback.
struct NoFallback {};

template <class OwnerType, class MemberType, class FallbackType>
struct Field {
  using Owner = OwnerType;
  using Member = MemberType;
  using Fallback = FallbackType;
  static constexpr bool kHasFallback = !std::is_same_v<Fallback, NoFallback>;

  std::string_view name;
  Member Owner::*member;
  Fallback fallback;
};

template <class T>
struct IsField : std::false_type {};
template <class Owner, class Member, class Fallback>
struct IsField<Field<Owner, Member, Fallback>> : std::true_type {};
template <class T>
concept AnyField = IsField<T>::value;

template <class... Fields>
struct EventDescription {
  std::string_view name;
  std::uint32_t version;
  std::tuple<Fields...> fields;
};

template <class... Fields>
struct ValueDescription {
  std::string_view name;  // Empty unless the value is a named alternative.
  std::tuple<Fields...> fields;
};

template <class Enum>
struct Enumerator {
  std::string_view name;
  Enum value;
};

template <class T>
struct IsEventDescription : std::false_type {};
template <class... Fields>
struct IsEventDescription<EventDescription<Fields...>> : std::true_type {};
template <class T>
struct IsValueDescription : std::false_type {};
template <class... Fields>
struct IsValueDescription<ValueDescription<Fields...>> : std::true_type {};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr bool is_event_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kTypeNameBytes || !is_letter(name[0])) return false;
  for (const char c : name) {
    const bool mark = c == '_' || c == '.' || c == ':' || c == '-';
    if (!is_letter(c) && !(c >= '0' && c <= '9') && !mark) return false;
  }
  return true;
}

constexpr bool is_stored_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kTypeNameBytes) return false;
  for (const char c : name) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

/// The number of the first field whose name is taken by an earlier one; the count if none is.
template <class... Fields>
constexpr std::size_t first_doubled(const std::tuple<Fields...>& fields) {
  const std::array<std::string_view, sizeof...(Fields) + 1> names = std::apply(
      [](const Fields&... each) {
        return std::array<std::string_view, sizeof...(Fields) + 1>{each.name..., {}};
      },
      fields);
  for (std::size_t i = 1; i < sizeof...(Fields); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return i;
    }
  }
  return sizeof...(Fields);
}

template <class... Fields>
constexpr bool field_names_are_valid(const std::tuple<Fields...>& fields) {
  return std::apply([](const Fields&... each) { return (is_stored_name(each.name) && ...); },
                    fields);
}

template <class T>
struct FieldCount;
template <class... Fields>
struct FieldCount<EventDescription<Fields...>> {
  static constexpr std::size_t value = sizeof...(Fields);
};
template <class... Fields>
struct FieldCount<ValueDescription<Fields...>> {
  static constexpr std::size_t value = sizeof...(Fields);
};

/// `T::describe()` after its checks.
template <class T>
struct CheckedDescription {
  static constexpr auto value = T::describe();
  static constexpr std::size_t kFields = FieldCount<std::remove_const_t<decltype(value)>>::value;

  static_assert(kFields <= 64, "describe(): a struct has at most 64 fields; nest values");
  static_assert(field_names_are_valid(value.fields),
                "describe(): a field's stored name is empty, too long, or has spaces, quotes, "
                "backslashes or characters beyond ASCII");
  static_assert(first_doubled(value.fields) == kFields,
                "describe(): two fields have the same stored name");

  static constexpr bool names_are_valid() {
    if constexpr (IsEventDescription<std::remove_const_t<decltype(value)>>::value) {
      return is_event_name(value.name);
    } else {
      return value.name.empty() || is_stored_name(value.name);
    }
  }
  static_assert(names_are_valid(),
                "describe(): the stored name is not letters, digits and _.:- after a letter, or "
                "longer than limits::kTypeNameBytes");

  static constexpr bool version_is_valid() {
    if constexpr (IsEventDescription<std::remove_const_t<decltype(value)>>::value) {
      return value.version >= 1;
    } else {
      return true;
    }
  }
  static_assert(version_is_valid(), "describe_event(): versions begin with 1");
};

/// `describe_enum(Enum)` after its checks.
template <class Enum>
struct CheckedEnum {
  static constexpr auto value = describe_enum(Enum{});

  static constexpr bool names_are_valid() {
    for (const auto& each : value) {
      if (!is_stored_name(each.name)) return false;
    }
    return true;
  }
  static constexpr bool all_differ() {
    for (std::size_t i = 0; i < value.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (value[i].name == value[j].name || value[i].value == value[j].value) return false;
      }
    }
    return true;
  }
  static_assert(names_are_valid(), "describe_enum(): an enumerator's stored name is not valid");
  static_assert(all_differ(), "describe_enum(): two enumerators have the same name or value");
};

template <class E>
concept HasEventDescription =
    requires { requires IsEventDescription<decltype(E::describe())>::value; };

template <class V>
struct IsEventVariant : std::false_type {};
template <class... Events>
struct IsEventVariant<std::variant<Events...>>
    : std::bool_constant<(HasEventDescription<Events> && ...)> {};

/// True if all names are different.
template <std::size_t Size>
constexpr bool all_differ(const std::array<std::string_view, Size>& names) {
  for (std::size_t i = 0; i < Size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

}  // namespace eventcore::detail
