#include "eventcore/stream_pattern.hpp"

#include <algorithm>
#include <utility>

#include "eventcore/limits.hpp"
#include "utf8.hpp"

namespace eventcore {
namespace {

// Stored ids are valid UTF-8. In other text each stray byte is a character that no set and no
// literal contains.
detail::CodePoint next_character(std::string_view text, std::size_t at) noexcept {
  const detail::CodePoint character = detail::decode_utf8(text.substr(at));
  if (character.bytes != 0) return character;
  return {0x110000U + static_cast<unsigned char>(text[at]), 1};
}

}  // namespace

struct StreamPattern::Parser {
  std::string_view text;
  std::vector<char32_t> characters = {};
  std::vector<std::size_t> offsets = {};  // of each character, and of the end
  std::vector<Token> tokens = {};
  std::size_t at = 0;

  [[nodiscard]] Result<void> decode() {
    for (std::size_t byte = 0; byte < text.size();) {
      const detail::CodePoint character = detail::decode_utf8(text.substr(byte));
      if (character.bytes == 0) return broken_at_byte("is not valid UTF-8", byte);
      characters.push_back(character.value);
      offsets.push_back(byte);
      byte += character.bytes;
    }
    offsets.push_back(text.size());
    if (characters.empty()) return make_error(ErrorCode::InvalidArgument, "pattern is empty");
    if (characters.size() > limits::kStreamIdCharacters) {
      return make_error(
          ErrorCode::InvalidArgument,
          "pattern is longer than " + std::to_string(limits::kStreamIdCharacters) + " characters");
    }
    return {};
  }

  [[nodiscard]] Result<void> run() {
    if (auto decoded = decode(); !decoded) return decoded;
    while (at < characters.size()) {
      Result<void> token;
      switch (characters[at]) {
        case U'*':
          token = parse_run();
          break;
        case U'[':
          token = parse_set();
          break;
        case U'?':
          push(Kind::AnyOne);
          break;
        default:
          push(Kind::Literal, characters[at]);
          break;
      }
      if (!token) return token;
    }
    return {};
  }

 private:
  // Adds a token of one character of the pattern.
  void push(Kind kind, char32_t literal = 0) {
    tokens.push_back({kind, literal, {}});
    ++at;
  }

  [[nodiscard]] Result<void> parse_run() {
    const std::size_t begin = at;
    while (at < characters.size() && characters[at] == U'*') ++at;
    const std::size_t stars = at - begin;
    if (stars == 1) {
      tokens.push_back({Kind::AnyRun, 0, {}});
      return {};
    }
    if (stars > 2) return broken("has more than two * in a row", begin);
    const bool begins = begin == 0 || characters[begin - 1] == U'/';
    const bool ends = at == characters.size() || characters[at] == U'/';
    if (!begins || !ends) return broken("has a ** that is not a whole component", begin);
    if (at == characters.size()) {
      tokens.push_back({Kind::AnyRun, 0, {}});
      return {};
    }
    ++at;  // The slash belongs to the components, so that there may be none of them.
    tokens.push_back({Kind::AnyComponents, 0, {}});
    return {};
  }

  [[nodiscard]] Result<void> parse_set() {
    const std::size_t begin = at++;
    Token token{Kind::Set, 0, {}};
    if (at < characters.size() && characters[at] == U'!') {
      token.kind = Kind::NotSet;
      ++at;
    }
    // The first character is a member even if it is `]`.
    const auto from = characters.begin() + static_cast<std::ptrdiff_t>(at);
    if (from == characters.end()) return broken("has an unclosed [", begin);
    const auto close = std::find(from + 1, characters.end(), U']');
    if (close == characters.end()) return broken("has an unclosed [", begin);
    const auto end = static_cast<std::size_t>(close - characters.begin());
    while (at < end) {
      const bool is_range = at + 2 < end && characters[at + 1] == U'-';
      const Range range{characters[at], characters[is_range ? at + 2 : at]};
      if (range.first > range.last) return broken("has a range that runs backwards", at);
      token.ranges.push_back(range);
      at += is_range ? 3 : 1;
    }
    at = end + 1;
    tokens.push_back(std::move(token));
    return {};
  }

  [[nodiscard]] Error broken(std::string_view rule, std::size_t character) const {
    return broken_at_byte(rule, offsets[character]);
  }
  [[nodiscard]] static Error broken_at_byte(std::string_view rule, std::size_t byte) {
    return make_error(ErrorCode::InvalidArgument,
                      "pattern " + std::string(rule) + " at byte " + std::to_string(byte));
  }
};

Result<StreamPattern> StreamPattern::parse(std::string_view text) {
  Parser parser{.text = text};
  if (auto parsed = parser.run(); !parsed) return parsed.error();
  StreamPattern pattern;
  pattern.text_ = text;
  pattern.tokens_ = std::move(parser.tokens);
  const auto is_literal = [](const Token& token) { return token.kind == Kind::Literal; };
  const auto wild = std::find_if_not(pattern.tokens_.begin(), pattern.tokens_.end(), is_literal);
  // Before the first wildcard tokens and characters correspond.
  pattern.literal_bytes_ = parser.offsets[static_cast<std::size_t>(wild - pattern.tokens_.begin())];
  return pattern;
}

bool StreamPattern::matches_one(const Token& token, char32_t character) noexcept {
  const auto contains = [&](const Range& range) {
    return range.first <= character && character <= range.last;
  };
  switch (token.kind) {
    case Kind::Literal:
      return token.literal == character;
    case Kind::AnyOne:
      return true;
    case Kind::Set:
      return std::any_of(token.ranges.begin(), token.ranges.end(), contains);
    case Kind::NotSet:
      return std::none_of(token.ranges.begin(), token.ranges.end(), contains);
    case Kind::AnyRun:
    case Kind::AnyComponents:
      break;
  }
  return false;
}

// What stands between two wildcards has a fixed number of characters, and whatever the second
// wildcard can reach from a later match of it, it can also reach from the earliest: so only the
// last wildcard passed is ever extended. A run grows by a character, components by a component;
// text before the next `**/` ends with a slash, so its earliest match ends between components.
bool StreamPattern::matches(std::string_view stream) const noexcept {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  if (!stream.starts_with(literal_prefix())) return false;
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t wild_token = kNone;
  std::size_t wild_end = 0;
  while (true) {
    if (token < tokens_.size()) {
      const Token& now = tokens_[token];
      if (now.kind == Kind::AnyRun || now.kind == Kind::AnyComponents) {
        wild_token = token++;
        wild_end = at;
        continue;
      }
      if (at < stream.size()) {
        const detail::CodePoint character = next_character(stream, at);
        if (matches_one(now, character.value)) {
          ++token;
          at += character.bytes;
          continue;
        }
      }
    } else if (at == stream.size()) {
      return true;
    }
    if (wild_token == kNone || wild_end >= stream.size()) return false;
    if (tokens_[wild_token].kind == Kind::AnyRun) {
      wild_end += next_character(stream, wild_end).bytes;
    } else {
      const std::size_t slash = stream.find('/', wild_end);
      if (slash == std::string_view::npos) return false;
      wild_end = slash + 1;
    }
    token = wild_token + 1;
    at = wild_end;
  }
}

std::string_view StreamPattern::literal_prefix() const noexcept {
  return std::string_view(text_).substr(0, literal_bytes_);
}

}  // namespace eventcore
