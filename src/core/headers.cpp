#include "eventcore/headers.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "eventcore/limits.hpp"

namespace eventcore {
namespace {

constexpr std::size_t kNameBytesMax = 0xFFFF;

// The index of a value's type is stored: the order of HeaderValue's alternatives is fixed.
static_assert(std::is_same_v<HeaderValue, std::variant<bool, std::int64_t, double, std::string>>);

template <class Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

void put_value(std::string& out, const HeaderValue& value) {
  put(out, static_cast<std::uint8_t>(value.index()));
  if (const auto* truth = std::get_if<bool>(&value)) {
    put(out, static_cast<std::uint8_t>(*truth));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    put(out, static_cast<std::uint64_t>(*number));
  } else if (const auto* real = std::get_if<double>(&value)) {
    put(out, std::bit_cast<std::uint64_t>(*real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    put(out, static_cast<std::uint32_t>(text->size()));
    out += *text;
  }
}

// Bytes of `entry` in the stored form.
std::size_t stored_bytes(const Headers::Entry& entry) noexcept {
  constexpr std::size_t kFixed[] = {1, 8, 8, 4};
  const auto* text = std::get_if<std::string>(&entry.second);
  return 2 + entry.first.size() + 1 + kFixed[entry.second.index()] + (text ? text->size() : 0);
}

Error undecodable(const char* what) {
  return make_error(ErrorCode::DecodeFailed, std::string("headers: ") + what);
}

// Takes values off the front of the bytes; false when they end too early.
struct Reader {
  std::string_view rest;

  template <class Integer>
  [[nodiscard]] bool take(Integer& value) {
    if (rest.size() < sizeof value) return false;
    value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      const auto byte = static_cast<Integer>(static_cast<unsigned char>(rest[i]));
      value = static_cast<Integer>(value | static_cast<Integer>(byte << (8 * i)));
    }
    rest.remove_prefix(sizeof value);
    return true;
  }
  [[nodiscard]] bool take(std::size_t bytes, std::string_view& text) {
    if (rest.size() < bytes) return false;
    text = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return true;
  }
  [[nodiscard]] bool take(HeaderValue& value);
};

bool Reader::take(HeaderValue& value) {
  std::uint8_t type = 0;
  if (!take(type)) return false;
  std::uint64_t word = 0;
  if (type == 0) {
    std::uint8_t truth = 0;
    if (!take(truth) || truth > 1) return false;
    value = truth == 1;
  } else if (type == 1) {
    if (!take(word)) return false;
    value = static_cast<std::int64_t>(word);
  } else if (type == 2) {
    if (!take(word)) return false;
    value = std::bit_cast<double>(word);
  } else if (type == 3) {
    std::uint32_t bytes = 0;
    std::string_view text;
    if (!take(bytes) || !take(bytes, text)) return false;
    value = std::string(text);
  } else {
    return false;
  }
  return true;
}

bool before(const Headers::Entry& entry, std::string_view name) { return entry.first < name; }

}  // namespace

Headers& Headers::set(std::string_view name, HeaderValue value) {
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), name, before);
  if (place != entries_.end() && place->first == name) {
    place->second = std::move(value);
  } else {
    entries_.emplace(place, std::string(name), std::move(value));
  }
  return *this;
}

const HeaderValue* Headers::find(std::string_view name) const noexcept {
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), name, before);
  return place != entries_.end() && place->first == name ? &place->second : nullptr;
}

Result<void> Headers::encode(std::string& out) const {
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) {
    if (entry.first.empty()) {
      return make_error(ErrorCode::InvalidArgument, "a header's name is empty");
    }
    if (entry.first.size() > kNameBytesMax) {
      return make_error(ErrorCode::InvalidArgument, "a header's name is longer than " +
                                                        std::to_string(kNameBytesMax) + " bytes");
    }
    bytes += stored_bytes(entry);
  }
  if (bytes > limits::kHeaderBytes) {
    return make_error(ErrorCode::LimitExceeded, "headers of " + std::to_string(bytes) +
                                                    " bytes, at most " +
                                                    std::to_string(limits::kHeaderBytes));
  }
  out.reserve(out.size() + bytes);
  for (const Entry& entry : entries_) {
    put(out, static_cast<std::uint16_t>(entry.first.size()));
    out += entry.first;
    put_value(out, entry.second);
  }
  return {};
}

Result<Headers> Headers::decode(std::string_view bytes) {
  Headers headers;
  Reader reader{bytes};
  while (!reader.rest.empty()) {
    std::uint16_t length = 0;
    std::string_view name;
    if (!reader.take(length) || !reader.take(length, name)) return undecodable("a name is cut off");
    if (name.empty()) return undecodable("a name is empty");
    if (!headers.entries_.empty() && headers.entries_.back().first >= name) {
      return undecodable("names are out of order");
    }
    HeaderValue value;
    if (!reader.take(value)) return undecodable("a value is cut off or of an unknown type");
    headers.entries_.emplace_back(std::string(name), std::move(value));
  }
  return headers;
}

}  // namespace eventcore
