#pragma once

/// \file
/// Forms of described structs and of variants. Not for direct use.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "eventcore/detail/json_containers.hpp"
#include "eventcore/detail/json_form.hpp"

namespace eventcore::detail {

template <class T>
concept JsonDescribed = DescribedEvent<T> || DescribedValue<T>;

/// Field `Index` of a described struct.
template <class T, std::size_t Index>
struct JsonField {
  static constexpr auto& kField = std::get<Index>(description_of<T>.fields);
  using Description = std::remove_cvref_t<decltype(kField)>;
  using Member = typename Description::Member;
  static constexpr bool kOptional = IsOptional<Member>::value;
  static constexpr bool kRequired = !kOptional && !Description::kHasFallback;
  /// An empty optional is left out where its absence means the same.
  static constexpr bool kOmitEmpty = kOptional && !Description::kHasFallback;

  /// `"name":`.
  static constexpr auto kKey = [] {
    constexpr std::string_view kName = kField.name;
    std::array<char, kName.size() + 3> key{};
    key[0] = '"';
    std::copy(kName.begin(), kName.end(), key.begin() + 1);
    key[kName.size() + 1] = '"';
    key[kName.size() + 2] = ':';
    return key;
  }();

  static bool match(JsonReader& in) noexcept { return in.match_key(kKey.data(), kKey.size()); }

  static bool read(JsonReader& in, T& object) {
    if (JsonForm<Member>::read(in, object.*kField.member)) return true;
    in.failure().in_field(kField.name);
    return false;
  }

  static bool write(JsonWriter& out, const T& object, bool& first) {
    const Member& value = object.*kField.member;
    if constexpr (kOmitEmpty) {
      if (!value.has_value()) return true;
    }
    if (!first) out.raw(',');
    first = false;
    out.raw(kKey.data(), kKey.size());
    if (JsonForm<Member>::write(out, value)) return true;
    out.failure().in_field(kField.name);
    return false;
  }

  /// What the member is when the field is absent.
  static bool set_absent(JsonReader& in, T& object) {
    if constexpr (kRequired) {
      in.fail("required, but missing");
      in.failure().in_field(kField.name);
      return false;
    } else if constexpr (!Description::kHasFallback) {
      (object.*kField.member).reset();
      return true;
    } else if constexpr (std::is_convertible_v<typename Description::Fallback, Member>) {
      object.*kField.member = kField.fallback;
      return true;
    } else {
      object.*kField.member = kField.fallback();
      return true;
    }
  }
};

/// Structs are objects. Fields are looked for in described order, which is the order in which they
/// were written; from the first surprise on they are looked up by name. What has no description is
/// skipped.
template <JsonDescribed T>
struct JsonForm<T> {
  static_assert(std::default_initializable<T>,
                "eventcore::json fills structs field by field: give members without a default "
                "constructor a default value, or make them optional");
  static constexpr std::size_t kFields = CheckedDescription<T>::kFields;
  using Indices = std::make_index_sequence<kFields>;
  using Mask = std::uint64_t;

  static bool read(JsonReader& in, T& object) {
    bool more = false;
    Mask seen = 0;
    if (!in.enter_object(more)) return false;
    if (!read_in_order(in, object, more, seen, Indices{})) return false;
    if (more && !read_by_name(in, object, seen)) return false;
    return seen == kAll || set_absent(in, object, seen, Indices{});
  }

  static bool write(JsonWriter& out, const T& object) {
    if (!out.enter('{')) return false;
    if (!write_fields(out, object, Indices{})) return false;
    out.leave('}');
    return true;
  }

 private:
  static constexpr Mask kAll = kFields == 64 ? ~Mask{0} : (Mask{1} << (kFields % 64)) - 1;

  template <std::size_t Index>
  static bool try_next(JsonReader& in, T& object, bool& more, Mask& seen) {
    if (!more || !JsonField<T, Index>::match(in)) return true;
    seen |= Mask{1} << Index;
    return JsonField<T, Index>::read(in, object) && in.next_member(more);
  }
  template <std::size_t... Index>
  static bool read_in_order(JsonReader& in, T& object, bool& more, Mask& seen,
                            std::index_sequence<Index...>) {
    return (try_next<Index>(in, object, more, seen) && ...);
  }

  static bool read_by_name(JsonReader& in, T& object, Mask& seen) {
    bool more = true;
    std::size_t guess = 0;
    while (more) {
      std::string_view name;
      if (!in.key(name)) return false;
      const std::size_t index = find(name, guess, Indices{});
      if (index == kFields) {
        if (!in.skip_value()) return false;
      } else {
        guess = index + 1;
        if (!read_found(in, object, seen, index, Indices{})) return false;
      }
      if (!in.next_member(more)) return false;
    }
    return true;
  }

  /// The field stored as `name`, looked for from `guess` on; `kFields` if there is none.
  template <std::size_t... Index>
  static std::size_t find(std::string_view name, std::size_t guess,
                          std::index_sequence<Index...>) noexcept {
    static constexpr std::array<std::string_view, kFields> kNames{
        JsonField<T, Index>::kField.name...};
    for (std::size_t i = 0; i < kFields; ++i) {
      const std::size_t index = guess + i < kFields ? guess + i : guess + i - kFields;
      if (kNames[index] == name) return index;
    }
    return kFields;
  }

  template <std::size_t... Index>
  static bool read_found(JsonReader& in, T& object, Mask& seen, std::size_t index,
                         std::index_sequence<Index...>) {
    static constexpr std::array<bool (*)(JsonReader&, T&), kFields> kReaders{
        &JsonField<T, Index>::read...};
    static constexpr std::array<std::string_view, kFields> kNames{
        JsonField<T, Index>::kField.name...};
    const Mask bit = Mask{1} << index;
    if ((seen & bit) != 0) {
      in.fail("the field is there twice");
      in.failure().in_field(kNames[index]);
      return false;
    }
    seen |= bit;
    return kReaders[index](in, object);
  }

  template <std::size_t... Index>
  static bool set_absent(JsonReader& in, T& object, Mask seen, std::index_sequence<Index...>) {
    return (((seen >> Index & 1U) != 0 || JsonField<T, Index>::set_absent(in, object)) && ...);
  }

  template <std::size_t... Index>
  static bool write_fields(JsonWriter& out, const T& object, std::index_sequence<Index...>) {
    [[maybe_unused]] bool first = true;
    return (JsonField<T, Index>::write(out, object, first) && ...);
  }
};

/// A variant is an object with one member: the name of the alternative and its value.
template <class... Alternatives>
struct JsonForm<std::variant<Alternatives...>> {
  static_assert((JsonDescribed<Alternatives> && ...),
                "eventcore::json: the alternatives of a variant are described structs");
  using Variant = std::variant<Alternatives...>;
  static constexpr std::array<std::string_view, sizeof...(Alternatives)> kNames{
      description_of<Alternatives>.name...};

  static_assert(!((description_of<Alternatives>.name.empty()) || ...) && all_differ(kNames),
                "eventcore::json: the alternatives of a variant need different names: "
                "describe_value(\"name\", ...)");

  static bool read(JsonReader& in, Variant& value) {
    static constexpr std::array<bool (*)(JsonReader&, Variant&), kNames.size()> kReaders{
        &read_alternative<Alternatives>...};
    bool more = false;
    std::string_view name;
    if (!in.enter_object(more)) return false;
    if (!more) return in.fail("expected the name of an alternative");
    if (!in.key(name)) return false;
    const auto index =
        static_cast<std::size_t>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
    if (index == kNames.size()) return in.fail("this is the name of no alternative");
    if (!kReaders[index](in, value)) {
      in.failure().in_field(kNames[index]);
      return false;
    }
    return in.next_member(more) && (!more || in.fail("expected one alternative, found two"));
  }

  static bool write(JsonWriter& out, const Variant& value) {
    if (value.valueless_by_exception()) {
      return out.fail(ErrorCode::InvalidArgument, "the variant holds nothing");
    }
    if (!out.enter('{')) return false;
    const std::string_view name = kNames[value.index()];
    out.raw('"');
    out.raw(name.data(), name.size());
    out.raw("\":", 2);
    const bool good = std::visit(
        [&out](const auto& held) {
          return JsonForm<std::remove_cvref_t<decltype(held)>>::write(out, held);
        },
        value);
    if (!good) {
      out.failure().in_field(name);
      return false;
    }
    out.leave('}');
    return true;
  }

 private:
  template <class Alternative>
  static bool read_alternative(JsonReader& in, Variant& value) {
    return JsonForm<Alternative>::read(in, value.template emplace<Alternative>());
  }
};

}  // namespace eventcore::detail
