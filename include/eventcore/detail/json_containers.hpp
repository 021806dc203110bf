#pragma once

/// \file
/// Forms of optionals, pairs and containers. Not for direct use.

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "eventcore/detail/json_form.hpp"

namespace eventcore::detail {

/// Reads the elements of an array; `element(index)` reads one.
template <class Element>
bool read_elements(JsonReader& in, Element&& element) {
  bool more = false;
  if (!in.enter_array(more)) return false;
  for (std::size_t index = 0; more; ++index) {
    if (!element(index)) {
      in.failure().in_element(index);
      return false;
    }
    if (!in.next_element(more)) return false;
  }
  return true;
}

template <class T, class Range>
bool write_elements(JsonWriter& out, const Range& range) {
  if (!out.enter('[')) return false;
  std::size_t index = 0;
  for (const auto& element : range) {
    if (index > 0) out.raw(',');
    if (!JsonForm<T>::write(out, element)) {
      out.failure().in_element(index);
      return false;
    }
    ++index;
  }
  out.leave(']');
  return true;
}

/// An optional that is no field: null stands for nothing. As a field see json_objects.hpp.
template <class T>
struct JsonForm<std::optional<T>> {
  static_assert(!IsOptional<T>::value,
                "eventcore::json can't tell an empty optional from one that holds an empty one");

  static bool read(JsonReader& in, std::optional<T>& value) {
    value.reset();
    if (in.match_null()) return true;
    if constexpr (requires { JsonForm<T>::make(in, value); }) {
      return JsonForm<T>::make(in, value);
    } else {
      return JsonForm<T>::read(in, value.emplace());
    }
  }
  static bool write(JsonWriter& out, const std::optional<T>& value) {
    if (value) return JsonForm<T>::write(out, *value);
    return out.raw("null", 4), true;
  }
};

template <class T, class Sequence>
struct JsonSequence {
  static bool read(JsonReader& in, Sequence& value) {
    value.clear();
    return read_elements(in, [&](std::size_t) {
      return read_new<T>(in,
                         [&](T&& element) { return value.push_back(std::move(element)), true; });
    });
  }
  static bool write(JsonWriter& out, const Sequence& value) {
    return write_elements<T>(out, value);
  }
};
template <class T>
struct JsonForm<std::vector<T>> : JsonSequence<T, std::vector<T>> {};
template <class T>
struct JsonForm<std::deque<T>> : JsonSequence<T, std::deque<T>> {};

template <class T, std::size_t Size>
struct JsonForm<std::array<T, Size>> {
  static bool read(JsonReader& in, std::array<T, Size>& value) {
    std::size_t count = 0;
    const bool good = read_elements(in, [&](std::size_t index) {
      count = index + 1;
      if (count > Size) return in.fail(wrong_size());
      return JsonForm<T>::read(in, value[index]);
    });
    return good && (count == Size || in.fail(wrong_size()));
  }
  static bool write(JsonWriter& out, const std::array<T, Size>& value) {
    return write_elements<T>(out, value);
  }
  static std::string wrong_size() {
    return "the array has not " + std::to_string(Size) + " elements";
  }
};

template <class T, class Set>
struct JsonSet {
  static bool read(JsonReader& in, Set& value) {
    value.clear();
    return read_elements(in, [&](std::size_t) {
      return read_new<T>(in, [&](T&& element) {
        return value.insert(std::move(element)).second || in.fail("the element is there twice");
      });
    });
  }
  static bool write(JsonWriter& out, const Set& value) { return write_elements<T>(out, value); }
};
template <class T>
struct JsonForm<std::set<T>> : JsonSet<T, std::set<T>> {};
template <class T>
struct JsonForm<std::unordered_set<T>> : JsonSet<T, std::unordered_set<T>> {};

template <class First, class Second>
struct JsonForm<std::pair<First, Second>> {
  static bool read(JsonReader& in, std::pair<First, Second>& value) {
    std::size_t count = 0;
    const bool good = read_elements(in, [&](std::size_t index) {
      count = index + 1;
      if (index == 0) return JsonForm<First>::read(in, value.first);
      if (index == 1) return JsonForm<Second>::read(in, value.second);
      return in.fail("a pair has two elements");
    });
    return good && (count == 2 || in.fail("a pair has two elements"));
  }
  static bool write(JsonWriter& out, const std::pair<First, Second>& value) {
    if (!out.enter('[')) return false;
    if (!JsonForm<First>::write(out, value.first)) return out.failure().in_element(0), false;
    out.raw(',');
    if (!JsonForm<Second>::write(out, value.second)) return out.failure().in_element(1), false;
    out.leave(']');
    return true;
  }
};

/// Maps are objects. Keys are not shown in failures: they are data.
template <class Key, class T, class Map>
struct JsonMap {
  static bool read(JsonReader& in, Map& value) {
    value.clear();
    bool more = false;
    if (!in.enter_object(more)) return false;
    for (std::size_t index = 0; more; ++index) {
      if (!read_entry(in, value)) {
        in.failure().in_element(index);
        return false;
      }
      if (!in.next_member(more)) return false;
    }
    return true;
  }

  static bool write(JsonWriter& out, const Map& value) {
    if (!out.enter('{')) return false;
    std::size_t index = 0;
    for (const auto& [key, mapped] : value) {
      if (index > 0) out.raw(',');
      bool good = JsonText<Key>::write(out, key);
      if (good) {
        out.raw(':');
        good = JsonForm<T>::write(out, mapped);
      }
      if (!good) {
        out.failure().in_element(index);
        return false;
      }
      ++index;
    }
    out.leave('}');
    return true;
  }

 private:
  static bool read_entry(JsonReader& in, Map& value) {
    std::string_view text;
    std::optional<Key> key;
    if (!in.key(text) || !JsonText<Key>::read(in, text, key)) return false;
    return read_new<T>(in, [&](T&& mapped) {
      return value.try_emplace(*std::move(key), std::move(mapped)).second ||
             in.fail("the key is there twice");
    });
  }
};
template <class Key, class T>
struct JsonForm<std::map<Key, T>> : JsonMap<Key, T, std::map<Key, T>> {};
template <class T>
struct JsonForm<std::map<std::string, T, std::less<>>>
    : JsonMap<std::string, T, std::map<std::string, T, std::less<>>> {};
template <class Key, class T>
struct JsonForm<std::unordered_map<Key, T>> : JsonMap<Key, T, std::unordered_map<Key, T>> {};

}  // namespace eventcore::detail
