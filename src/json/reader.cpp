#include "eventcore/detail/json_reader.hpp"

#include <charconv>
#include <system_error>
#include <utility>

#include "text.hpp"

namespace eventcore::detail {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What kind of value `text` begins with. Requires: it is not empty.
std::string_view kind_of(std::string_view text) {
  switch (text.front()) {
    case '"':
      return "string";
    case '{':
      return "object";
    case '[':
      return "array";
    case 't':
    case 'f':
      return text.starts_with("true") || text.starts_with("false") ? "boolean" : "no value";
    case 'n':
      return text.starts_with("null") ? "null" : "no value";
    default:
      return text.front() == '-' || is_digit(text.front()) ? "number" : "no value";
  }
}

}  // namespace

JsonReader::JsonReader(std::string_view text) noexcept
    : at_(text.data()), end_(text.data() + text.size()), begin_(text.data()) {
  skip_space();
}

void JsonReader::skip_space() noexcept {
  while (at_ != end_ && is_space(*at_)) ++at_;
}

bool JsonReader::enter(bool& more, char close) {
  if (++depth_ > kJsonDepthMax) {
    return fail("nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
  }
  ++at_;
  skip_space();
  more = at_ == end_ || *at_ != close;
  if (!more) {
    ++at_;
    --depth_;
  } else if (close == '}' && (at_ == end_ || *at_ != '"')) {
    return syntax("a key or '}'");
  }
  return true;
}

bool JsonReader::next(bool& more, char close) {
  skip_space();
  if (at_ != end_ && *at_ == ',') {
    ++at_;
    skip_space();
    more = true;
    return close == ']' || (at_ != end_ && *at_ == '"') || syntax("a key");
  }
  if (at_ == end_ || *at_ != close) return syntax(close == '}' ? "',' or '}'" : "',' or ']'");
  ++at_;
  --depth_;
  more = false;
  return true;
}

bool JsonReader::key(std::string_view& name) {
  if (!text(name)) return false;
  skip_space();
  if (at_ == end_ || *at_ != ':') return syntax("':'");
  ++at_;
  skip_space();
  return true;
}

bool JsonReader::text(std::string& value) {
  if (at_ == end_ || *at_ != '"') return wrong_type("string");
  const char* const start = ++at_;
  const char* const stop = plain_end(start, end_);
  if (stop == end_ || *stop != '"') {
    value.clear();
    return uneven_text(stop, value);
  }
  value.assign(start, static_cast<std::size_t>(stop - start));
  at_ = stop + 1;
  return true;
}

bool JsonReader::text(std::string_view& value) {
  if (at_ == end_ || *at_ != '"') return wrong_type("string");
  const char* const start = ++at_;
  const char* const stop = plain_end(start, end_);
  if (stop == end_ || *stop != '"') {
    scratch_.clear();
    if (!uneven_text(stop, scratch_)) return false;
    value = scratch_;
    return true;
  }
  value = {start, static_cast<std::size_t>(stop - start)};
  at_ = stop + 1;
  return true;
}

/// Reads a string up to its closing quote; it is plain up to `stop`.
bool JsonReader::uneven_text(const char* stop, std::string& out) {
  while (true) {
    if (stop == end_) {
      at_ = end_;
      return syntax("the end of a string");
    }
    const auto c = static_cast<unsigned char>(*stop);
    if (c >= 0x80) {
      const char* const after = utf8_sequence_end(stop, end_);
      if (after == nullptr) {
        at_ = stop;
        return syntax("valid UTF-8");
      }
      stop = plain_end(after, end_);
      continue;
    }
    out.append(at_, static_cast<std::size_t>(stop - at_));
    at_ = stop + 1;
    if (c == '"') return true;
    if (c != '\\') {
      at_ = stop;
      return syntax("no control character in a string");
    }
    if (!escape(out)) return false;
    stop = plain_end(at_, end_);
  }
}

/// Reads an escape; the cursor is behind its backslash.
bool JsonReader::escape(std::string& out) {
  if (at_ == end_) return syntax("an escape");
  switch (*at_++) {
    case '"':
      out += '"';
      return true;
    case '\\':
      out += '\\';
      return true;
    case '/':
      out += '/';
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'u':
      return unicode_escape(out);
    default:
      --at_;
      return syntax("an escape");
  }
}

bool JsonReader::unicode_escape(std::string& out) {
  std::uint32_t code = 0;
  if (!code_unit(code)) return false;
  if (code >= 0xD800 && code <= 0xDFFF) {
    std::uint32_t low = 0;
    const bool pair = code <= 0xDBFF && left() >= 2 && at_[0] == '\\' && at_[1] == 'u';
    if (!pair) return syntax("a surrogate pair");
    at_ += 2;
    if (!code_unit(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return syntax("a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  const auto tail = [&put, code](unsigned shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U)), tail(0);
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U)), tail(6), tail(0);
  } else {
    put(0xF0U | (code >> 18U)), tail(12), tail(6), tail(0);
  }
  return true;
}

/// Reads four hexadecimal digits.
bool JsonReader::code_unit(std::uint32_t& unit) {
  if (left() < 4) return syntax("four hexadecimal digits");
  const auto [stop, code] = std::from_chars(at_, at_ + 4, unit, 16);
  if (code != std::errc{} || stop != at_ + 4) return syntax("four hexadecimal digits");
  at_ = stop;
  return true;
}

bool JsonReader::literal(std::string_view word) noexcept {
  if (left() < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
  at_ += word.size();
  return true;
}

bool JsonReader::boolean(bool& value) {
  if (literal("true")) {
    value = true;
    return true;
  }
  value = false;
  return literal("false") || wrong_type("boolean");
}

bool JsonReader::match_null() noexcept { return literal("null"); }

struct JsonReader::Digits {
  std::uint64_t magnitude = 0;
  bool negative = false;
};

/// Reads an integer without its range. Up to 19 digits can't overflow; the 20th is checked.
bool JsonReader::integer_digits(Digits& digits) {
  const char* at = at_;
  digits.negative = at != end_ && *at == '-';
  if (digits.negative) ++at;
  const char* const first = at;
  std::uint64_t magnitude = 0;
  bool too_large = false;
  while (at != end_ && is_digit(*at)) {
    const auto digit = static_cast<std::uint64_t>(*at - '0');
    if (at - first >= 19) [[unlikely]] {
      const std::uint64_t limit = UINT64_MAX - digit;
      too_large = too_large || magnitude > limit / 10;
    }
    magnitude = magnitude * 10 + digit;
    ++at;
  }
  if (at == first) return digits.negative ? syntax("a digit") : wrong_type("integer");
  if (*first == '0' && at - first > 1) return syntax("a number without leading zeros");
  if (at != end_ && (*at == '.' || *at == 'e' || *at == 'E')) {
    return fail("expected integer, found a number with fraction or exponent");
  }
  if (too_large) return fail("the number is out of range");
  at_ = at;
  digits.magnitude = magnitude;
  return true;
}

bool JsonReader::integer(std::int64_t& value) {
  Digits digits;
  if (!integer_digits(digits)) return false;
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + (digits.negative ? 1 : 0);
  if (digits.magnitude > limit) return fail("the number is out of range");
  value = static_cast<std::int64_t>(digits.negative ? 0 - digits.magnitude : digits.magnitude);
  return true;
}

bool JsonReader::integer(std::uint64_t& value) {
  Digits digits;
  if (!integer_digits(digits)) return false;
  if (digits.negative && digits.magnitude != 0) return fail("the number is out of range");
  value = digits.magnitude;
  return true;
}

/// Finds the end of the number here and checks its form.
bool JsonReader::number_end(const char*& stop) {
  const char* at = at_;
  const auto digits = [this, &at] {
    const char* const first = at;
    while (at != end_ && is_digit(*at)) ++at;
    return at != first;
  };
  if (at != end_ && *at == '-') ++at;
  const bool zero = at != end_ && *at == '0';
  const char* const whole = at;
  if (!digits()) return wrong_type("number");
  bool valid = !zero || at - whole == 1;
  if (at != end_ && *at == '.') {
    ++at;
    valid = digits() && valid;
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end_ && (*at == '+' || *at == '-')) ++at;
    valid = digits() && valid;
  }
  stop = at;
  return valid || syntax("a number");
}

template <class Float>
bool JsonReader::floating(Float& value) {
  const char* stop = nullptr;
  if (!number_end(stop)) return false;
  const auto [after, code] = std::from_chars(at_, stop, value);
  if (code != std::errc{} || after != stop) return fail("the number is out of range");
  at_ = stop;
  return true;
}

bool JsonReader::number(double& value) { return floating(value); }
bool JsonReader::number(float& value) { return floating(value); }

bool JsonReader::skip_value() {
  if (at_ == end_) return syntax("a value");
  switch (*at_) {
    case '{':
      return skip_container('}');
    case '[':
      return skip_container(']');
    case '"': {
      std::string_view ignored;
      return text(ignored);
    }
    case 't':
      return literal("true") || syntax("a value");
    case 'f':
      return literal("false") || syntax("a value");
    case 'n':
      return literal("null") || syntax("a value");
    default: {
      const char* stop = nullptr;
      if (!number_end(stop)) return false;
      at_ = stop;
      return true;
    }
  }
}

bool JsonReader::skip_container(char close) {
  bool more = false;
  if (!enter(more, close)) return false;
  while (more) {
    std::string_view ignored;
    if (close == '}' && !key(ignored)) return false;
    if (!skip_value() || !next(more, close)) return false;
  }
  return true;
}

bool JsonReader::finish() {
  skip_space();
  return at_ == end_ || syntax("the end");
}

bool JsonReader::wrong_type(std::string_view expected) {
  if (at_ == end_) return syntax(expected);
  const std::string_view found = kind_of({at_, left()});
  if (found == "no value" || found == expected) return syntax(expected);
  std::string reason = "expected ";
  return fail(reason.append(expected).append(", found ").append(found));
}

bool JsonReader::syntax(std::string_view what) {
  std::string reason = "expected ";
  reason.append(what).append(at_ == end_ ? ", found the end" : "");
  return fail(reason.append(" at byte ").append(std::to_string(at_ - begin_)));
}

bool JsonReader::fail(std::string reason) {
  failure_ =
      std::make_unique<JsonFailure>(JsonFailure{ErrorCode::DecodeFailed, {}, std::move(reason)});
  return false;
}

}  // namespace eventcore::detail
