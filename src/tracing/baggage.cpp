// W3C Baggage.

#include "eventcore/tracing/baggage.hpp"

#include <algorithm>
#include <utility>

#include "../core/hex.hpp"
#include "list_header.hpp"

namespace eventcore {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
/// A character of a token (RFC 9110, 5.6.2).
constexpr bool is_token_character(char c) noexcept {
  return is_alphanumeric(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
/// A character that stands in a value as it is ("baggage-octet").
constexpr bool is_value_character(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}
/// What may stand in a property, with white space.
constexpr bool is_property_character(char c) noexcept {
  return is_value_character(c) || c == ';' || c == ' ' || c == '\t';
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

/// Decodes `%41`; a `%` that begins no such thing stands for itself.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? detail::hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? detail::hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

void append_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_value_character(c) && c != '%') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
}

std::string text_of(const Baggage::Entry& entry) {
  std::string text = entry.key + "=";
  append_encoded(text, entry.value);
  if (!entry.properties.empty()) text.append(1, ';').append(entry.properties);
  return text;
}

std::optional<Baggage::Entry> parse_entry(std::string_view member) {
  const std::size_t semicolon = member.find(';');
  const std::string_view pair = member.substr(0, semicolon);
  const std::string_view properties = semicolon == std::string_view::npos
                                          ? std::string_view{}
                                          : detail::trimmed(member.substr(semicolon + 1));
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view key = detail::trimmed(pair.substr(0, equals));
  const std::string_view value = detail::trimmed(pair.substr(equals + 1));
  if (!is_token(key) || !std::all_of(value.begin(), value.end(), is_value_character) ||
      !std::all_of(properties.begin(), properties.end(), is_property_character)) {
    return std::nullopt;
  }
  return Baggage::Entry{std::string(key), decoded(value), std::string(properties)};
}

}  // namespace

Baggage Baggage::parse(std::string_view header) { return parse({&header, 1}); }

Baggage Baggage::parse(std::span<const std::string_view> headers) {
  Baggage baggage;
  detail::visit_members(headers, [&](std::string_view member) {
    if (member.empty() || member.size() > kEntryBytesMax) return true;
    if (auto entry = parse_entry(member)) baggage.put(*std::move(entry));
    return true;
  });
  return baggage;
}

std::optional<std::string_view> Baggage::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

bool Baggage::set(std::string_view key, std::string_view value) {
  return is_token(key) && put({std::string(key), std::string(value), {}});
}

bool Baggage::put(Entry entry) {
  const std::size_t size = text_of(entry).size() + 1;
  const auto same = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& one) { return one.key == entry.key; });
  const bool is_new = same == entries_.end();
  const std::size_t bytes = bytes_ + size - (is_new ? 0 : text_of(*same).size() + 1);
  // Each size counts a comma, of which there is one less.
  if (size > kEntryBytesMax + 1 || bytes > kBytesMax + 1) return false;
  if (is_new && entries_.size() == kEntriesMax) return false;
  bytes_ = bytes;
  if (is_new) {
    entries_.push_back(std::move(entry));
  } else {
    *same = std::move(entry);
  }
  return true;
}

void Baggage::erase(std::string_view key) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& one) { return one.key == key; });
  if (found == entries_.end()) return;
  bytes_ -= text_of(*found).size() + 1;
  entries_.erase(found);
}

std::string Baggage::header() const {
  std::string text;
  for (const Entry& entry : entries_) {
    if (!text.empty()) text += ',';
    text += text_of(entry);
  }
  return text;
}

}  // namespace eventcore
