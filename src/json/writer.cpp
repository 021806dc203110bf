#include "eventcore/detail/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "text.hpp"

namespace eventcore::detail {
namespace {

/// The character after the backslash in the short escape of `c`, or 0.
constexpr char short_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

}  // namespace

bool JsonWriter::text(std::string_view value) {
  const char* const begin = value.data();
  const char* const end = begin + value.size();
  if (value.size() <= kRoomMax - 2) {
    const char* const stop = plain_end(begin, end);
    if (stop == end) [[likely]] {
      char* const at = room(value.size() + 2);
      *at = '"';
      if (begin != end) std::memcpy(at + 1, begin, value.size());
      at[value.size() + 1] = '"';
      at_ = at + value.size() + 2;
      return true;
    }
  }
  return uneven_text(value);
}

/// Plain runs and valid sequences are copied, the rest is escaped.
bool JsonWriter::uneven_text(std::string_view value) {
  raw('"');
  const char* run = value.data();
  const char* const end = run + value.size();
  const char* at = run;
  while (true) {
    at = plain_end(at, end);
    if (at != end && static_cast<unsigned char>(*at) >= 0x80) {
      at = utf8_sequence_end(at, end);
      if (at == nullptr) return fail(ErrorCode::InvalidArgument, "the text is not valid UTF-8");
      continue;
    }
    if (const auto size = static_cast<std::size_t>(at - run); size <= kRoomMax) {
      if (size != 0) raw(run, size);
    } else {
      finish();
      out_.append(run, size);
    }
    if (at == end) break;
    escape(*at++);
    run = at;
  }
  raw('"');
  return true;
}

void JsonWriter::escape(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (const char letter = short_escape(c); letter != 0) {
    const char pair[] = {'\\', letter};
    raw(pair, sizeof pair);
    return;
  }
  const auto code = static_cast<unsigned char>(c);
  const char sequence[] = {'\\', 'u', '0', '0', kDigits[code >> 4U], kDigits[code & 15U]};
  raw(sequence, sizeof sequence);
}

void JsonWriter::boolean(bool value) { value ? raw("true", 4) : raw("false", 5); }

void JsonWriter::integer(std::int64_t value) {
  char* const at = room(24);
  at_ = std::to_chars(at, at + 24, value).ptr;
}

void JsonWriter::integer(std::uint64_t value) {
  char* const at = room(24);
  at_ = std::to_chars(at, at + 24, value).ptr;
}

bool JsonWriter::number(double value) {
  if (!std::isfinite(value)) return fail(ErrorCode::InvalidArgument, "the number is not finite");
  char* const at = room(32);
  at_ = std::to_chars(at, at + 32, value).ptr;
  return true;
}

bool JsonWriter::number(float value) {
  if (!std::isfinite(value)) return fail(ErrorCode::InvalidArgument, "the number is not finite");
  char* const at = room(32);
  at_ = std::to_chars(at, at + 32, value).ptr;
  return true;
}

bool JsonWriter::too_deep() {
  return fail(ErrorCode::LimitExceeded,
              "nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
}

bool JsonWriter::fail(ErrorCode code, std::string reason) {
  failure_ = std::make_unique<JsonFailure>(JsonFailure{code, {}, std::move(reason)});
  return false;
}

}  // namespace eventcore::detail
