#pragma once

/// \file
/// `JsonForm<T>`: how one value of type T is read and written. Not for direct use.
///
/// A form has `static bool read(JsonReader&, T&)`, which replaces the value, and
/// `static bool write(JsonWriter&, const T&)`. This header has the single values; json_containers
/// and json_objects the others.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "eventcore/describe.hpp"
#include "eventcore/detail/json_reader.hpp"
#include "eventcore/detail/json_time.hpp"
#include "eventcore/detail/json_writer.hpp"
#include "eventcore/representation.hpp"

namespace eventcore::detail {

template <class T>
struct JsonForm {
  static_assert(!std::same_as<T, std::string_view>,
                "eventcore::json can't read a std::string_view: nothing owns the text; use "
                "std::string");
  static_assert(std::same_as<T, std::string_view>,
                "eventcore::json has no form for this type: give a struct a describe(), an enum a "
                "describe_enum(), any other type a Representation");
};

template <>
struct JsonForm<bool> {
  static bool read(JsonReader& in, bool& value) { return in.boolean(value); }
  static bool write(JsonWriter& out, bool value) { return out.boolean(value), true; }
};

/// Integers, but for characters, whose meaning is not a number.
template <class T>
concept JsonInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                      !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

template <JsonInteger T>
struct JsonForm<T> {
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;

  static bool read(JsonReader& in, T& value) {
    Wide wide = 0;
    if (!in.integer(wide)) return false;
    if (!std::in_range<T>(wide)) return in.fail("the number is out of range");
    value = static_cast<T>(wide);
    return true;
  }
  static bool write(JsonWriter& out, T value) {
    return out.integer(static_cast<Wide>(value)), true;
  }
};

template <class T>
  requires(std::same_as<T, double> || std::same_as<T, float>)
struct JsonForm<T> {
  static bool read(JsonReader& in, T& value) { return in.number(value); }
  static bool write(JsonWriter& out, T value) { return out.number(value); }
};

template <>
struct JsonForm<std::string> {
  static bool read(JsonReader& in, std::string& value) { return in.text(value); }
  static bool write(JsonWriter& out, const std::string& value) { return out.text(value); }
};

/// The stored name of an enumerator, or nothing for a value that the enum does not describe.
template <DescribedEnum E>
constexpr std::string_view name_of(E value) {
  constexpr auto& kNames = CheckedEnum<E>::value;
  const auto guess = static_cast<std::size_t>(value);
  if (guess < kNames.size() && kNames[guess].value == value) return kNames[guess].name;
  for (const auto& each : kNames) {
    if (each.value == value) return each.name;
  }
  return {};
}

/// A value that is stored as text and can be a key: its text, and back.
template <class T>
struct JsonText;

template <>
struct JsonText<std::string> {
  static bool read(JsonReader&, std::string_view text, std::optional<std::string>& value) {
    value.emplace(text);
    return true;
  }
  static bool write(JsonWriter& out, const std::string& value) { return out.text(value); }
};

template <DescribedEnum E>
struct JsonText<E> {
  static bool read(JsonReader& in, std::string_view text, std::optional<E>& value) {
    for (const auto& each : CheckedEnum<E>::value) {
      if (each.name == text) {
        value = each.value;
        return true;
      }
    }
    return in.fail("this is the name of no enumerator");
  }
  static bool write(JsonWriter& out, E value) {
    const std::string_view name = name_of(value);
    if (name.empty()) {
      return out.fail(ErrorCode::InvalidArgument, "the value is no described enumerator");
    }
    return out.text(name);
  }
};

template <RepresentedAsText T>
struct JsonText<T> {
  static bool read(JsonReader& in, std::string_view text, std::optional<T>& value) {
    Result<T> made = Representation<T>::from(text);
    if (!made) return in.fail(std::move(made).error().message);
    value.emplace(*std::move(made));
    return true;
  }
  static bool write(JsonWriter& out, const T& value) {
    return out.text(Representation<T>::to(value));
  }
};

/// Types that may have no default constructor also have `make`.
template <class T>
  requires(DescribedEnum<T> || RepresentedAsText<T>)
struct JsonForm<T> {
  static bool make(JsonReader& in, std::optional<T>& value) {
    std::string_view text;
    return in.text(text) && JsonText<T>::read(in, text, value);
  }
  static bool read(JsonReader& in, T& value) {
    std::optional<T> made;
    if (!make(in, made)) return false;
    value = *std::move(made);
    return true;
  }
  static bool write(JsonWriter& out, const T& value) { return JsonText<T>::write(out, value); }
};

template <class T>
  requires(Represented<T> && !RepresentedAsText<T>)
struct JsonForm<T> {
  using Stored = typename Representation<T>::Type;

  static bool make(JsonReader& in, std::optional<T>& value) {
    Stored stored{};
    if (!JsonForm<Stored>::read(in, stored)) return false;
    Result<T> made = Representation<T>::from(std::move(stored));
    if (!made) return in.fail(std::move(made).error().message);
    value.emplace(*std::move(made));
    return true;
  }
  static bool read(JsonReader& in, T& value) {
    std::optional<T> made;
    if (!make(in, made)) return false;
    value = *std::move(made);
    return true;
  }
  static bool write(JsonWriter& out, const T& value) {
    return JsonForm<Stored>::write(out, Representation<T>::to(value));
  }
};

/// Reads a value that need not have a default constructor and hands it to `take`.
template <class T, class Take>
bool read_new(JsonReader& in, Take&& take) {
  if constexpr (requires(std::optional<T>& made) { JsonForm<T>::make(in, made); }) {
    std::optional<T> made;
    return JsonForm<T>::make(in, made) && take(*std::move(made));
  } else {
    T value{};
    return JsonForm<T>::read(in, value) && take(std::move(value));
  }
}

/// Durations are counts of their own unit.
template <JsonInteger Rep, class Period>
struct JsonForm<std::chrono::duration<Rep, Period>> {
  static bool read(JsonReader& in, std::chrono::duration<Rep, Period>& value) {
    Rep count = 0;
    if (!JsonForm<Rep>::read(in, count)) return false;
    value = std::chrono::duration<Rep, Period>(count);
    return true;
  }
  static bool write(JsonWriter& out, std::chrono::duration<Rep, Period> value) {
    return JsonForm<Rep>::write(out, value.count());
  }
};

/// Times are UTC in RFC 3339, with as many digits as their unit has; whole days are dates.
template <JsonInteger Rep, class Period>
struct JsonForm<std::chrono::sys_time<std::chrono::duration<Rep, Period>>> {
  using Duration = std::chrono::duration<Rep, Period>;
  using Time = std::chrono::sys_time<Duration>;
  static constexpr TimeUnit kUnit{Period::num, Period::den};
  static_assert(kUnit.is_decimal(), "eventcore::json stores times in s, ms, us, ns or whole s");

  static bool read(JsonReader& in, Time& value) {
    std::string_view text;
    if (!in.text(text)) return false;
    std::int64_t count = 0;
    if (const char* const reason = parse_time(text, kUnit, count)) return in.fail(reason);
    if (!std::in_range<Rep>(count)) return in.fail("the time is out of range");
    value = Time(Duration(static_cast<Rep>(count)));
    return true;
  }
  static bool write(JsonWriter& out, Time value) {
    TimeText text;
    if (!format_time(value.time_since_epoch().count(), kUnit, text)) {
      return out.fail(ErrorCode::InvalidArgument, "the time is outside of the years 0 to 9999");
    }
    return out.text({text.characters.data(), text.size});
  }
};

}  // namespace eventcore::detail
