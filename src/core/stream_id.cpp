#include "eventcore/stream_id.hpp"

#include <array>
#include <optional>

#include "eventcore/limits.hpp"
#include "stream_hash.hpp"
#include "utf8.hpp"

namespace eventcore {
namespace {

// Bytes that are a whole, allowed character: the common case, decided by one load.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = true;
  for (const char c : {'*', '?', '[', ']'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

Error broken(std::string_view what, std::string_view rule) {
  std::string message(what);
  message += rule;
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

Error broken_at(std::string_view what, std::string_view rule, std::size_t offset) {
  return broken(what, std::string(rule) + " at byte " + std::to_string(offset));
}

// The rules that ids and prefixes share.
std::optional<Error> check(std::string_view text, std::string_view what) {
  if (text.empty()) return broken(what, " is empty");
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++characters) {
    if (characters == limits::kStreamIdCharacters) {
      return broken(
          what, " is longer than " + std::to_string(limits::kStreamIdCharacters) + " characters");
    }
    if (kPlain[static_cast<unsigned char>(text[i])]) {
      ++i;
      continue;
    }
    const detail::CodePoint character = detail::decode_utf8(text.substr(i));
    if (character.bytes == 0) return broken_at(what, " is not valid UTF-8", i);
    if (detail::is_control(character.value)) {
      return broken_at(what, " contains a control character", i);
    }
    // Of the printable ASCII characters only the four of patterns are not plain.
    if (character.value < 0x80) return broken_at(what, " contains one of *?[]", i);
    i += character.bytes;
  }
  return std::nullopt;
}

std::size_t white_space_before(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const detail::CodePoint character = detail::decode_utf8(text.substr(at));
    if (character.bytes == 0 || !detail::is_white_space(character.value)) break;
    at += character.bytes;
  }
  return at;
}

// The length of `text` without the white space at its end.
std::size_t length_without_trailing(std::string_view text) noexcept {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t begin = end - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) --begin;
    const detail::CodePoint last = detail::decode_utf8(text.substr(begin, end - begin));
    if (last.bytes != end - begin || !detail::is_white_space(last.value)) break;
    end = begin;
  }
  return end;
}

std::string_view trimmed(std::string_view text) noexcept {
  text.remove_prefix(white_space_before(text));
  return text.substr(0, length_without_trailing(text));
}

}  // namespace

StreamId::StreamId(std::string text) : text_(std::move(text)), hash_(detail::hash_stream(text_)) {}

Result<StreamId> StreamId::parse(std::string_view text) {
  const std::string_view name = trimmed(text);
  if (auto error = check(name, "stream id")) return *std::move(error);
  return StreamId(std::string(name));
}

Result<StreamId> StreamId::of(std::string_view prefix, std::string_view name) {
  std::string text;
  text.reserve(prefix.size() + name.size());
  text.append(prefix).append(name);
  const std::string_view inner = trimmed(text);
  if (inner.size() != text.size()) return parse(inner);
  if (auto error = check(text, "stream id")) return *std::move(error);
  return StreamId(std::move(text));
}

StreamId StreamId::literal(FixedName text) { return parse(text).value(); }

std::string_view StreamId::category() const noexcept { return category_of(text_); }

Result<StreamPrefix> StreamPrefix::parse(std::string_view text) {
  if (auto error = check(text, "stream prefix")) return *std::move(error);
  return StreamPrefix(std::string(text));
}

std::string_view category_of(std::string_view stream) noexcept {
  std::size_t end = 0;
  while (end < stream.size() && stream[end] != '-' && stream[end] != '/') ++end;
  return stream.substr(0, end);
}

}  // namespace eventcore
