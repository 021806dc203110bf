#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> streams_of(EventStore& store, const EventFilter& filter) {
  LogQuery query;
  query.filter = filter;
  std::vector<std::string> streams;
  for (const Seen& event : read_log(store, query)) streams.push_back(event.stream);
  return streams;
}

std::vector<std::string> with_prefix(EventStore& store, std::string_view prefix) {
  return streams_of(store, EventFilter().prefix(must(StreamPrefix::parse(prefix))));
}

std::vector<std::string> with_pattern(EventStore& store, std::string_view pattern) {
  return streams_of(store, EventFilter().pattern(must(StreamPattern::parse(pattern))));
}

void prefix_is_a_true_prefix(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"account-1", "my-account-1", "account-2", "order-1", "account"}) {
    note(*store, stream);
  }
  EXPECT_THAT(with_prefix(*store, "account-"), ElementsAre("account-1", "account-2"));
  EXPECT_THAT(with_prefix(*store, "account-1"), ElementsAre("account-1"));
  EXPECT_THAT(with_prefix(*store, "nothing"), IsEmpty());
}

void prefix_has_no_wildcards(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream :
       {"cart_1", "cartX1", "100%-a", "100x-a", "back\\slash", "backXslash", "quo'te", "quo\"te"}) {
    note(*store, stream);
  }
  EXPECT_THAT(with_prefix(*store, "cart_"), ElementsAre("cart_1"));
  EXPECT_THAT(with_prefix(*store, "100%"), ElementsAre("100%-a"));
  EXPECT_THAT(with_prefix(*store, "%"), IsEmpty());
  EXPECT_THAT(with_prefix(*store, "_"), IsEmpty());
  EXPECT_THAT(with_prefix(*store, "back\\"), ElementsAre("back\\slash"));
  EXPECT_THAT(with_prefix(*store, "quo'"), ElementsAre("quo'te"));
}

void prefix_is_case_sensitive(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"Cart-1", "cart-1", "CART-1"}) note(*store, stream);
  EXPECT_THAT(with_prefix(*store, "cart-"), ElementsAre("cart-1"));
  EXPECT_THAT(with_prefix(*store, "CART-"), ElementsAre("CART-1"));
}

// The end of the key range of a prefix is where range scans go wrong.
void prefix_ends_anywhere(StoreFixture& fixture) {
  Subject store(fixture);
  const std::string last = "z\xF4\x8F\xBF\xBF";  // U+10FFFF, the greatest code point
  for (const std::string& stream :
       {std::string("z"), last, last + "-1", std::string("z\x7E"), std::string("z\xC3\xA9")}) {
    note(*store, stream);
  }
  EXPECT_THAT(with_prefix(*store, last), ElementsAre(last, last + "-1"));
  EXPECT_THAT(with_prefix(*store, "z~"), ElementsAre("z~"));
  EXPECT_EQ(with_prefix(*store, "z").size(), 5U);
}

void pattern_question_mark_is_one_character(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"account-1-x", "account-12-x", "account--x", "account-\xC3\xA9-x"}) {
    note(*store, stream);
  }
  EXPECT_THAT(with_pattern(*store, "account-?-x"),
              ElementsAre("account-1-x", "account-\xC3\xA9-x"));
}

void pattern_sets_and_negated_sets(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"account-7", "account-a", "account-!", "account-z1", "account-z"}) {
    note(*store, stream);
  }
  EXPECT_THAT(with_pattern(*store, "account-[0-9]*"), ElementsAre("account-7"));
  EXPECT_THAT(with_pattern(*store, "account-[!0-9]*"),
              ElementsAre("account-a", "account-!", "account-z1", "account-z"));
  EXPECT_THAT(with_pattern(*store, "account-[!a-y]"),
              ElementsAre("account-7", "account-!", "account-z"));
  EXPECT_THAT(with_pattern(*store, "account-[a!]"), ElementsAre("account-a", "account-!"));
}

void pattern_stars_cross_components(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"a/b", "a/x/b", "a/x/y/b", "a/xb", "axb", "b"}) note(*store, stream);
  EXPECT_THAT(with_pattern(*store, "a/**/b"), ElementsAre("a/b", "a/x/b", "a/x/y/b"));
  EXPECT_THAT(with_pattern(*store, "a/*b"), ElementsAre("a/b", "a/x/b", "a/x/y/b", "a/xb"));
  EXPECT_THAT(with_pattern(*store, "**/b"), ElementsAre("a/b", "a/x/b", "a/x/y/b", "b"));
}

// One definition for all stores: whatever a store pushes down must select what the filter does.
void filter_means_what_it_says(StoreFixture& fixture) {
  Subject store(fixture);
  const std::vector<std::string> streams = {
      "a",     "A",       "a-1",        "a_1",   "a%1",  "a\\1", "ab/c", "ab//c",
      "a-10",  "a-1/x",   "\xC3\xA4-1", "a 1",   "a'1",  "a\"1", "a.b",  "a+b",
      "a(b)",  "a{b}",    "a^b",        "a$b",   "a|b",  "a~b",  "a!b",  "\xE2\x82\xAC",
      "a-1-2", "a-1-2-3", "z/a/b/c",    "z/a/c", "za/c", "z/c"};
  for (const std::string& stream : streams) note(*store, stream);
  for (const char* text : {"*",      "a*",  "*1",   "a?1", "a[-_]1", "a[!-_]1", "?",
                           "z/**/c", "**",  "z/**", "*a*", "a-*-*",  "[a-z]*",  "[!a-z]*",
                           "a.b",    "a^b", "a{b}", "*/c", "a[]%]1", "?-1"}) {
    const StreamPattern pattern = must(StreamPattern::parse(text));
    std::vector<std::string> expected;
    for (const std::string& stream : streams) {
      if (pattern.matches(stream)) expected.push_back(stream);
    }
    EXPECT_EQ(with_pattern(*store, text), expected) << text;
  }
}

void streams_prefixes_and_patterns_add_up(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"a-1", "b-1", "c-1", "d-1", "c-1"}) note(*store, stream);
  const EventFilter filter = EventFilter()
                                 .stream(id("a-1"))
                                 .prefix(must(StreamPrefix::parse("b")))
                                 .pattern(must(StreamPattern::parse("[b-c]-1")));
  EXPECT_THAT(streams_of(*store, filter), ElementsAre("a-1", "b-1", "c-1", "c-1"));
  EXPECT_THAT(streams_of(*store, EventFilter().stream(id("never"))), IsEmpty());
}

void types_narrow_a_filter(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a", "1", "Opened");
  note(*store, "a", "2", "Moved");
  note(*store, "b", "3", "Opened");
  note(*store, "a", "4", "Closed");
  LogQuery query;
  query.filter.type("Opened").type("Closed");
  EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre("1", "3", "4"));
  query.filter.stream(id("a"));
  EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre("1", "4"));
  query.filter = EventFilter().type("NeverStored");
  EXPECT_THAT(read_log(*store, query), IsEmpty());
  note(*store, "a", "5", "NeverStored");
  EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre("5"))
      << "a type that appears after the first read";
  query.filter = EventFilter().type("opened");
  EXPECT_THAT(read_log(*store, query), IsEmpty()) << "types are compared with their case";
}

constexpr Clause kClauses[] = {
    {"PrefixIsATruePrefix", prefix_is_a_true_prefix},
    {"PrefixHasNoWildcards", prefix_has_no_wildcards},
    {"PrefixIsCaseSensitive", prefix_is_case_sensitive},
    {"PrefixEndsAnywhere", prefix_ends_anywhere},
    {"PatternQuestionMarkIsOneCharacter", pattern_question_mark_is_one_character},
    {"PatternSetsAndNegatedSets", pattern_sets_and_negated_sets},
    {"PatternStarsCrossComponents", pattern_stars_cross_components},
    {"FilterMeansWhatItSays", filter_means_what_it_says},
    {"StreamsPrefixesAndPatternsAddUp", streams_prefixes_and_patterns_add_up},
    {"TypesNarrowAFilter", types_narrow_a_filter},
};

}  // namespace

std::span<const Clause> filter_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
