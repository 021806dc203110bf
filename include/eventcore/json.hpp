#pragma once

/// \file
/// Described events as JSON: including this header gives each of them a `Codec` (codec.hpp).
///
/// How C++ is written:
/// - bool, integers, double, float: literals; numbers that do not fit are errors, never rounded;
///   NaN and infinities can't be encoded.
/// - std::string: UTF-8, checked in both directions. Described enums: their stored names.
/// - `std::optional` members: left out when empty; absent and null both read as empty. In a
///   `field_or` and inside containers empty is null.
/// - Described structs: objects. Unknown fields are tolerated, a doubled known one is an error.
/// - vector, deque, array, set, unordered_set, pair: arrays. map, unordered_map with keys of text:
///   objects. An element of a set or a key that is there twice is an error.
/// - `std::variant` of described structs: `{"name": {...}}`, so each alternative needs a name.
/// - `sys_time` in s, ms, us, ns: RFC 3339 in UTC; `sys_days`: a date. Durations: counts of their
///   unit, which belongs into the stored name (`timeout_ms`).
/// - Types with a `Representation` (representation.hpp): as that.
/// - A member whose type has no default constructor, such as a `StreamId`, needs an initialiser,
///   because reading begins with `E{}`: `StreamId account = StreamId::literal("none");`
///
/// Whatever is encoded can be decoded again. The usual mistake is text that is not UTF-8, such as
/// Latin-1 from a file: encoding refuses it. Example: examples/bank_transfer.cpp.

#include <string>
#include <string_view>
#include <utility>

#include "eventcore/codec.hpp"
#include "eventcore/describe.hpp"
#include "eventcore/detail/json_objects.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Appends `value` as JSON without white space, fields in described order. After an error `out` is
/// as it was. `name` begins the path in an error.
/// Errors: InvalidArgument (what JSON can't hold; names the field), LimitExceeded (nested deeper
/// than 128 levels).
template <class T>
[[nodiscard]] Result<void> append_json(const T& value, std::string& out,
                                       std::string_view name = "$") {
  detail::JsonWriter writer(out);
  if (!detail::JsonForm<T>::write(writer, value)) {
    writer.discard();
    return writer.failure().error(name);
  }
  writer.finish();
  return {};
}

/// `value` as JSON. Errors: as `append_json`.
template <class T>
[[nodiscard]] Result<std::string> to_json(const T& value) {
  std::string out;
  if (Result<void> written = append_json(value, out); !written) return std::move(written).error();
  return out;
}

/// The value that `text` is the JSON of. `name` begins the path in an error.
/// Errors: DecodeFailed ("order_placed.lines[3].quantity: expected integer, found string"); the
/// message never shows a value.
template <class T>
[[nodiscard]] Result<T> from_json(std::string_view text, std::string_view name = "$") {
  detail::JsonReader reader(text);
  Result<T> result(T{});
  if (!detail::JsonForm<T>::read(reader, *result) || !reader.finish()) {
    result = reader.failure().error(name);
  }
  return result;
}

/// The codec of every described event that has none of its own. Cost: one pass over the text, no
/// tree; allocates what the event itself owns.
template <DescribedEvent E>
struct Codec<E> {
  static constexpr std::string_view content_type = "application/json";

  [[nodiscard]] static Result<void> encode(const E& event, std::string& out) {
    return append_json(event, out, event_name<E>);
  }
  [[nodiscard]] static Result<E> decode(std::string_view bytes) {
    return from_json<E>(bytes, event_name<E>);
  }
};

}  // namespace eventcore
