#include "append_line.hpp"

#include <gtest/gtest.h>

#include <string>

#include "eventcore/headers.hpp"
#include "eventcore/limits.hpp"

namespace eventcore::cli {
namespace {

Error refusal(std::string_view text) {
  const Result<AppendLine> line = parse_append_line(text);
  EXPECT_FALSE(line) << text;
  return line ? Error{} : line.error();
}

void expect_refused(std::string_view text, std::string_view hint) {
  const Error error = refusal(text);
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument) << text;
  EXPECT_NE(error.message.find(hint), std::string::npos) << error.message;
}

AppendLine line_of(std::string_view text) {
  Result<AppendLine> line = parse_append_line(text);
  EXPECT_TRUE(line) << (line ? "" : line.error().message);
  return *std::move(line);
}

TEST(AppendLine, TakesTheThreeFieldsThatAreNeeded) {
  const AppendLine line = line_of(R"({"stream":" a-1 ","type":"T","data":{ "x" : 1.00 }})");
  EXPECT_EQ(line.stream.text(), "a-1");
  EXPECT_EQ(line.type, "T");
  EXPECT_EQ(line.payload, R"({"x":1.00})");
  EXPECT_EQ(line.schema_version, 1U);
  EXPECT_EQ(line.expected, std::nullopt);
  EXPECT_TRUE(line.headers.empty());
  EXPECT_FALSE(line.trace.is_valid());
}

TEST(AppendLine, TakesAllFields) {
  const AppendLine line = line_of(
      R"({"expected_version":0,"schema_version":3,"data_base64":"AAE=","type":"T","stream":"a",)"
      R"("metadata":{"correlation_id":"c","causation_id":"d","user":"ann","n":-1,"f":0.5,"b":true,)"
      R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}})");
  EXPECT_EQ(line.expected, StreamVersion{0});
  EXPECT_EQ(line.schema_version, 3U);
  EXPECT_EQ(line.payload, std::string("\0\x01", 2));
  EXPECT_EQ(line.correlation_id, "c");
  EXPECT_EQ(line.causation_id, "d");
  EXPECT_EQ(line.trace.trace_id_text(), "4bf92f3577b34da6a3ce929d0e0e4736");
  const Result<Headers> headers = Headers::decode(line.headers);
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->entries().size(), 4U);
  ASSERT_NE(headers->find("n"), nullptr);
  EXPECT_EQ(*headers->find("n"), HeaderValue(std::int64_t{-1}));
  EXPECT_EQ(*headers->find("f"), HeaderValue(0.5));
  EXPECT_EQ(*headers->find("b"), HeaderValue(true));
  EXPECT_EQ(*headers->find("user"), HeaderValue(std::string("ann")));
}

TEST(AppendLine, RefusesWhatIsMissingOrUnknown) {
  expect_refused("{", "invalid JSON");
  expect_refused("[]", "not a JSON object");
  expect_refused(R"({"type":"T","data":1})", "'stream' is missing");
  expect_refused(R"({"stream":"a","data":1})", "'type' is missing");
  expect_refused(R"({"stream":"a","type":"","data":1})", "'type'");
  expect_refused(R"({"stream":"a","type":"T"})", "'data' is missing");
  expect_refused(R"({"stream":"a","type":"T","data":1,"expected_verison":1})",
                 "'expected_verison'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"data_base64":""})", "exclude");
}

TEST(AppendLine, RefusesValuesOfAnotherKind) {
  expect_refused(R"({"stream":1,"type":"T","data":1})", "'stream' is not a string");
  expect_refused(R"({"stream":"a*","type":"T","data":1})", "'stream'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"expected_version":-1})",
                 "'expected_version'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"expected_version":1.5})",
                 "'expected_version'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"expected_version":"1"})",
                 "'expected_version'");
  expect_refused(R"({"stream":"a","type":"T","data_base64":"?"})", "'data_base64'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"metadata":[]})", "'metadata'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"metadata":{"x":{}}})", "'x'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"metadata":{"x":9223372036854775808}})",
                 "'x'");
  for (const char* number : {"-9223372036854775809", "18446744073709551616", "1e400", "-1e400"}) {
    expect_refused(
        R"({"stream":"a","type":"T","data":1,"metadata":{"x":)" + std::string(number) + "}}",
        "'x'");
  }
  expect_refused(R"({"stream":"a","type":"T","data":1,"expected_version":1e400})",
                 "'expected_version'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"metadata":{"traceparent":"00"}})",
                 "'traceparent'");
  expect_refused(R"({"stream":"a","type":"T","data":1,"metadata":{"correlation_id":1}})",
                 "'correlation_id'");
}

TEST(AppendLine, RefusesWhatIsPastItsLimit) {
  const std::string id(limits::kStreamIdCharacters, 'x');
  line_of(R"({"type":"T","data":1,"stream":")" + id + "\"}");
  expect_refused(R"({"type":"T","data":1,"stream":"x)" + id + "\"}", "'stream'");

  const std::string type(limits::kTypeNameBytes, 'T');
  line_of(R"({"stream":"a","data":1,"type":")" + type + "\"}");
  EXPECT_EQ(refusal(R"({"stream":"a","data":1,"type":"T)" + type + "\"}").code,
            ErrorCode::LimitExceeded);

  const std::string data(limits::kEventBytes - 2, 'x');
  line_of(R"({"stream":"a","type":"T","data":")" + data + "\"}");
  EXPECT_EQ(refusal(R"({"stream":"a","type":"T","data":"x)" + data + "\"}").code,
            ErrorCode::LimitExceeded);

  const std::string header(limits::kHeaderBytes, 'x');
  EXPECT_EQ(
      refusal(R"({"stream":"a","type":"T","data":1,"metadata":{"h":")" + header + "\"}}").code,
      ErrorCode::LimitExceeded);
}

TEST(BatchBuilder, GathersLinesByStream) {
  BatchBuilder builder;
  EXPECT_TRUE(builder.empty());
  for (const char* text :
       {R"({"stream":"a","type":"T","data":1,"expected_version":4})",
        R"({"stream":"b","type":"U","data":2})", R"({"stream":"a","type":"T","data":3})"}) {
    ASSERT_TRUE(builder.add(line_of(text)));
  }
  const WriteBatch batch = builder.take();
  EXPECT_TRUE(builder.empty());
  EXPECT_FALSE(batch.info.id.is_nil());
  ASSERT_EQ(batch.streams().size(), 2U);
  EXPECT_EQ(batch.streams()[0].expected, ExpectedVersion::exactly({4}));
  EXPECT_EQ(batch.streams()[0].events, 2U);
  EXPECT_EQ(batch.streams()[1].expected, ExpectedVersion::any());
  EXPECT_EQ(batch.event(2).payload, "3");
}

TEST(BatchBuilder, TakesExpectedVersionsBeforeTheBatchOrCountedOn) {
  for (const int second : {7, 8}) {
    BatchBuilder builder;
    ASSERT_TRUE(builder.add(line_of(R"({"stream":"a","type":"T","data":1,"expected_version":7})")));
    EXPECT_TRUE(builder.add(line_of(R"({"stream":"a","type":"T","data":1,"expected_version":)" +
                                    std::to_string(second) + "}")))
        << second;
  }
}

TEST(BatchBuilder, RefusesLinesThatContradictEachOther) {
  BatchBuilder builder;
  ASSERT_TRUE(builder.add(line_of(
      R"({"stream":"a","type":"T","data":1,"expected_version":7,"metadata":{"correlation_id":"x"}})")));
  ASSERT_TRUE(builder.add(line_of(R"({"stream":"b","type":"T","data":1})")));
  for (const char* text :
       {R"({"stream":"a","type":"T","data":1,"expected_version":9})",
        R"({"stream":"b","type":"T","data":1,"expected_version":0})",
        R"({"stream":"c","type":"T","data":1,"metadata":{"correlation_id":"y"}})"}) {
    const Result<void> added = builder.add(line_of(text));
    ASSERT_FALSE(added) << text;
    EXPECT_EQ(added.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(BatchBuilder, StopsAtTheLimitOfABatch) {
  BatchBuilder builder;
  const AppendLine line = line_of(R"({"stream":"a","type":"T","data":1})");
  for (std::size_t i = 0; i != limits::kBatchEvents; ++i) ASSERT_TRUE(builder.add(line));
  const Result<void> added = builder.add(line);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::LimitExceeded);
}

}  // namespace
}  // namespace eventcore::cli
