#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "eventcore/http_access.hpp"

namespace eventcore::http {
namespace {

constexpr double kBitsMin = 128;
constexpr std::size_t kBytesMax = 512;
/// Of 32 random hex digits hardly any have so few different ones.
constexpr std::size_t kDifferentMin = 8;

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

/// What a random text of these characters would hold at most.
double bits_of(std::string_view text) {
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool all_digits = std::all_of(text.begin(), text.end(), is_digit);
  const bool all_hex = std::all_of(text.begin(), text.end(), is_hex);
  return static_cast<double>(text.size()) * std::log2(all_digits ? 10.0 : all_hex ? 16.0 : 64.0);
}

std::size_t different_characters(std::string_view text) {
  std::array<bool, 256> seen{};
  for (const char c : text) seen[static_cast<unsigned char>(c)] = true;
  return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
}

}  // namespace

Result<AccessToken> AccessToken::parse(std::string_view text) {
  if (text.size() > kBytesMax || !std::all_of(text.begin(), text.end(), is_token_character)) {
    return make_error(ErrorCode::InvalidArgument,
                      "a token consists of letters, digits and -._~+/=, at most 512 of them");
  }
  if (bits_of(text) < kBitsMin || different_characters(text) < kDifferentMin) {
    return make_error(ErrorCode::InvalidArgument,
                      "the token can be guessed: it must hold 128 random bits, as "
                      "`openssl rand -hex 32` makes them");
  }
  return AccessToken(std::string(text));
}

Result<AccessToken> AccessToken::from_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  if (!in || !std::getline(in, line)) {
    return make_error(ErrorCode::Unavailable, "no token can be read from " + path.string());
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  auto token = parse(line);
  if (!token) return make_error(token.error().code, path.string() + ": " + token.error().message);
  return token;
}

Result<AccessToken> AccessToken::from_variable(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) {
    return make_error(ErrorCode::InvalidArgument, std::string(name) + " is not set");
  }
  auto token = parse(text);
  if (!token) {
    return make_error(token.error().code, std::string(name) + ": " + token.error().message);
  }
  return token;
}

Result<std::optional<AccessToken>> AccessToken::find(const std::filesystem::path& file,
                                                     const char* variable) {
  if (file.empty() && std::getenv(variable) == nullptr) return std::optional<AccessToken>();
  auto token = file.empty() ? from_variable(variable) : from_file(file);
  if (!token) return token.error();
  return std::optional(*std::move(token));
}

bool AccessToken::matches(std::string_view text) const noexcept {
  // The length is no secret; the characters are compared without a branch on any of them.
  if (text.size() != text_.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(text[i]) ^ static_cast<unsigned char>(text_[i])));
  }
  return difference == 0;
}

}  // namespace eventcore::http
