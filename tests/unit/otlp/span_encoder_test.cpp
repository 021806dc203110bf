#include "span_encoder.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "made_spans.hpp"
#include "resource.hpp"
#include "valid_text.hpp"

namespace eventcore::detail {
namespace {

using testing::MadeSpan;

/// The fields of a message by number, and how often each is there. Throws: it is no message.
std::map<int, int> fields_of(const std::string& message) {
  std::map<int, int> fields;
  protozero::pbf_reader reader(message);
  while (reader.next()) {
    ++fields[static_cast<int>(reader.tag())];
    reader.skip();
  }
  return fields;
}

/// The only span of `batch`.
std::string span_of(const std::string& batch) {
  protozero::pbf_reader reader(batch);
  EXPECT_TRUE(reader.next(2));
  std::string span = reader.get_string();
  EXPECT_FALSE(reader.next());
  return span;
}

TEST(SpanEncoder, WritesWhatIsThereAndNothingElse) {
  MadeSpan made(1);
  std::string batch;
  append_span(batch, made.record());
  const std::map<int, int> root = {{1, 1}, {2, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {9, 3}, {16, 1}};
  EXPECT_EQ(fields_of(span_of(batch)), root);

  SpanRecord& span = made.record();
  const SpanEvent events[] = {{"retried", span.start, span.attributes}, {"", span.end, {}}};
  const SpanLink links[] = {{span.context, span.attributes}};
  span.parent_id[0] = 7;
  span.trace_state = "vendor=1";
  span.status = SpanStatus::Error;
  span.status_message = "conflict";
  span.events = events;
  span.links = links;
  span.dropped_attributes = 300;
  span.dropped_events = 1;
  span.dropped_links = 70'000;
  batch.clear();
  append_span(batch, span);
  std::map<int, int> all;
  for (int field = 1; field <= 16; ++field) all[field] = 1;
  all[9] = 3;
  all[11] = 2;
  EXPECT_EQ(fields_of(span_of(batch)), all);
}

TEST(SpanEncoder, WritesValuesOfAllKindsAtTheirEdges) {
  const std::string text(20'000, 'x');
  const SpanAttribute attributes[] = {
      {"negative", std::int64_t{-1}},
      {"min", std::numeric_limits<std::int64_t>::min()},
      {"max", std::numeric_limits<std::int64_t>::max()},
      {"zero", std::int64_t{0}},
      {"nan", std::numeric_limits<double>::quiet_NaN()},
      {"false", false},
      {"empty", std::string_view{}},
      {"long", std::string_view(text)},
      {"", std::int64_t{1}},
  };
  MadeSpan made(1);
  made.record().attributes = attributes;
  made.record().name = {};
  std::string batch;
  append_span(batch, made.record());
  std::vector<std::string> keys;
  std::vector<std::int64_t> numbers;
  std::string span = span_of(batch);
  protozero::pbf_reader reader(span);
  while (reader.next()) {
    if (reader.tag() != 9) {
      reader.skip();
      continue;
    }
    protozero::pbf_reader attribute = reader.get_message();
    ASSERT_TRUE(attribute.next(1));
    keys.push_back(attribute.get_string());
    ASSERT_TRUE(attribute.next(2));
    protozero::pbf_reader value = attribute.get_message();
    ASSERT_TRUE(value.next());  // a value of its kind, even if it is zero or empty
    if (value.tag() == 3) {
      numbers.push_back(value.get_int64());
    } else {
      value.skip();
    }
    EXPECT_FALSE(value.next());
  }
  EXPECT_EQ(keys.size(), 9);
  const std::vector<std::int64_t> expected = {-1, std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max(), 0, 1};
  EXPECT_EQ(numbers, expected);
}

TEST(SpanEncoder, MendsTextThatIsNotUtf8) {
  const SpanAttribute attributes[] = {{"k\xFF", std::string_view("v\xC3(")}};
  MadeSpan made(1);
  const SpanEvent events[] = {{"e\xF0\x9F", made.record().start, attributes}};
  const SpanLink links[] = {{made.record().context, attributes}};
  made.record().name = "gr\xFC\xC3\xBC";
  made.record().attributes = attributes;
  made.record().events = events;
  made.record().links = links;
  std::string batch;
  append_span(batch, made.record());
  EXPECT_TRUE(is_utf8(std::string_view(batch).substr(batch.find("gr"), 7)));
  EXPECT_NE(batch.find("gr\xEF\xBF\xBD\xC3\xBC"), std::string::npos);
  EXPECT_NE(batch.find("k\xEF\xBF\xBD"), std::string::npos);
  EXPECT_NE(batch.find("v\xEF\xBF\xBD("), std::string::npos);
  EXPECT_NE(batch.find("e\xEF\xBF\xBD\xEF\xBF\xBD"), std::string::npos);
  EXPECT_EQ(fields_of(span_of(batch))[13], 1);
}

TEST(ValidText, KnowsUtf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain text of some length"));
  EXPECT_TRUE(is_utf8("Größe 漢字 🙂"));
  EXPECT_FALSE(is_utf8("0123456789\x80"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
  EXPECT_FALSE(is_utf8("cut \xF0\x9F\x99"));  // not all of it
}

TEST(RequestFrame, PutsResourceAndScopeBeforeTheItems) {
  const std::vector<ResourceAttribute> resource = {{"service.name", "shop"}};
  const RequestFrame frame(resource);
  std::string batch;
  MadeSpan first(1, "a");
  MadeSpan second(2, "b");
  append_span(batch, first.record());
  append_span(batch, second.record());
  const std::string request = frame.around(batch);
  EXPECT_EQ(testing::names_in(request), (std::vector<std::string>{"a", "b"}));
  EXPECT_NE(request.find("service.name"), std::string::npos);
  EXPECT_TRUE(testing::names_in(frame.around("")).empty());
}

}  // namespace
}  // namespace eventcore::detail
