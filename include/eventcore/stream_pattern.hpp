#pragma once

/// \file
/// `StreamPattern` selects streams by a glob over the whole id.
///
/// `*` is any run of characters, also empty and also over `/`; `?` is exactly one character;
/// `[abc]`, `[a-z]`, `[!abc]` is one character in or not in the set, `]` first in a set is itself;
/// `**` stands only as a whole path component, and `a/**/b` also matches `a/b`. Characters are
/// Unicode code points. There is this one matcher: no store translates patterns to its own.

#include <string>
#include <string_view>
#include <vector>

#include "eventcore/fixed_name.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// A compiled pattern. Thread-safety: Immutable. Cost: matching is linear in the id for each `*`,
/// without backtracking over more than one of them.
class StreamPattern {
 public:
  /// The pattern written as `text`: 1 to 255 code points of UTF-8.
  /// Errors: InvalidArgument (rule and offset: unclosed `[`, misplaced `**`, …).
  [[nodiscard]] static Result<StreamPattern> parse(std::string_view text);
  /// A pattern written in source code: a bad one is a programmer error.
  [[nodiscard]] static StreamPattern literal(FixedName text) { return parse(text).value(); }

  [[nodiscard]] bool matches(std::string_view stream) const noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The literal text that every match begins with; may be empty. Views this pattern.
  [[nodiscard]] std::string_view literal_prefix() const noexcept;

  friend bool operator==(const StreamPattern& a, const StreamPattern& b) {
    return a.text_ == b.text_;
  }

 private:
  struct Range {
    char32_t first;
    char32_t last;
  };
  enum class Kind : std::uint8_t { Literal, AnyOne, Set, NotSet, AnyRun, AnyComponents };
  struct Token {
    Kind kind;
    char32_t literal;
    std::vector<Range> ranges;
  };
  struct Parser;

  [[nodiscard]] static bool matches_one(const Token& token, char32_t character) noexcept;

  std::string text_;
  std::vector<Token> tokens_;
  std::size_t literal_bytes_ = 0;
};

}  // namespace eventcore
