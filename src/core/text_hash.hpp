#pragma once

// `hash_text`: a hash of short names, for tables in memory only.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace eventcore::detail {

/// Both halves of the 128-bit product, folded.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The hash of `text`. Never stored: it differs between machines and, with the seed, between
/// tables. Cost: some 3 ns for a name of 20 bytes. The construction is that of wyhash.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kFirst = 0xA0761D6478BD642FU;
  constexpr std::uint64_t kSecond = 0xE7037ED1A0B428DBU;
  const auto read8 = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const auto read4 = [](const char* from) {
    std::uint32_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return std::uint64_t{word};
  };
  const auto read1 = [](const char* from) {
    return std::uint64_t{static_cast<unsigned char>(*from)};
  };
  const char* at = text.data();
  const std::size_t size = text.size();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  seed ^= kFirst;
  if (size > 16) {
    std::size_t left = size;
    for (; left > 16; left -= 16, at += 16) seed = mix(read8(at) ^ kSecond, read8(at + 8) ^ seed);
    a = read8(at + left - 16);
    b = read8(at + left - 8);
  } else if (size >= 8) {
    a = read8(at);
    b = read8(at + size - 8);
  } else if (size >= 4) {
    a = read4(at);
    b = read4(at + size - 4);
  } else if (size > 0) {
    a = (read1(at) << 16) | (read1(at + size / 2) << 8) | read1(at + size - 1);
  }
  return mix(kSecond ^ size, mix(a ^ kSecond, b ^ seed));
}

/// `a == b`, for short names and without a call.
inline bool same_text(std::string_view a, std::string_view b) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (a.size() != b.size()) return false;
  const auto same_word = [&](std::size_t at) {
    std::uint64_t of_a = 0;
    std::uint64_t of_b = 0;
    std::memcpy(&of_a, a.data() + at, kWord);
    std::memcpy(&of_b, b.data() + at, kWord);
    return of_a == of_b;
  };
  const std::size_t size = a.size();
  if (size >= kWord) {
    for (std::size_t at = 0; at + kWord < size; at += kWord) {
      if (!same_word(at)) return false;
    }
    return same_word(size - kWord);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

}  // namespace eventcore::detail
