#pragma once

/// \file
/// What reading and writing of JSON strings share: finding the end of plain text, and UTF-8.

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace eventcore::detail {

/// Marks the bytes of `word` that are not plain: a quote, a backslash, a control character or not
/// ASCII. The lowest mark is exact; above it there may be false ones.
inline std::uint64_t unplain_bytes(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return ((((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | (word - kOnes * 0x20) |
           word) &
          kHigh);
}

inline bool is_plain(char c) noexcept { return c >= ' ' && c != '"' && c != '\\'; }

/// The first character of the range that is not plain, or `end`.
inline const char* plain_end(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i quotes = _mm_set1_epi8('"');
  const __m128i backslashes = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  const auto unplain = [&](const char* from) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // Signed: what is not ASCII is below a space, too.
    return _mm_or_si128(
        _mm_cmplt_epi8(text, space),
        _mm_or_si128(_mm_cmpeq_epi8(text, quotes), _mm_cmpeq_epi8(text, backslashes)));
  };
  while (end - at >= 64) {
    const __m128i any = _mm_or_si128(_mm_or_si128(unplain(at), unplain(at + 16)),
                                     _mm_or_si128(unplain(at + 32), unplain(at + 48)));
    if (_mm_movemask_epi8(any) != 0) break;
    at += 64;
  }
  while (end - at >= 16) {
    if (const int marks = _mm_movemask_epi8(unplain(at)); marks != 0) {
      return at + std::countr_zero(static_cast<unsigned>(marks));
    }
    at += 16;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      if (const std::uint64_t marks = unplain_bytes(word); marks != 0) {
        return at + std::countr_zero(marks) / 8;
      }
      at += 8;
    }
  }
  while (at != end && is_plain(*at)) ++at;
  return at;
}

/// The end of the UTF-8 sequence of two to four bytes at `at`, or null if there is no valid one.
inline const char* utf8_sequence_end(const char* at, const char* end) noexcept {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto continues = [&byte](int i) { return (byte(i) & 0xC0U) == 0x80U; };
  const auto left = end - at;
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && continues(1) ? at + 2 : nullptr;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (left < 3 || !continues(1) || !continues(2)) return nullptr;
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? nullptr : at + 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !continues(1) || !continues(2) || !continues(3)) return nullptr;
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond ? nullptr : at + 4;
  }
  return nullptr;
}

}  // namespace eventcore::detail
