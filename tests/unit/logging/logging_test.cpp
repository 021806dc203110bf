#include "eventcore/logging/logging.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <thread>

#include "eventcore/detail/span_frame.hpp"
#include "eventcore/logging/log.hpp"
#include "eventcore/stream_id.hpp"
#include "kept_lines.hpp"

namespace shop {

struct Counter {
  void count() { EVENTCORE_LOG_INFO("Counted", field("number", 1)); }
};
void act() { EVENTCORE_LOG_WARN("Acted"); }
namespace {
template <class T>
T act_hidden(T value) {
  EVENTCORE_LOG_WARN("Acted");
  return value;
}
}  // namespace

}  // namespace shop

void act_outside() { EVENTCORE_LOG_WARN("Acted"); }

namespace eventcore {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::StrEq;

/// The place of the record does not matter here.
#define LOG(level, ...) EVENTCORE_LOG_RECORD(level, "test", "", "Said" __VA_OPT__(, ) __VA_ARGS__)

/// The fields of the record's own, of a JSON line.
std::string own_keys(const std::string& line) {
  const std::size_t line_key = line.find("\"line\":");
  const std::size_t end = line.find_first_of(",}", line_key);
  return line.substr(end);
}

class LoggingTest : public testing::LogTest {};

TEST_F(LoggingTest, WritesJsonWithPlaceAndFields) {
  ASSERT_TRUE(init_logging(options()));
  EVENTCORE_LOG_RECORD(Info, "shop::orders", "order.placed", "Order placed",
                       field("order_id", "o-17"), field("lines", 3), field("total", 12.5),
                       field("paid", true), field("wait_ms", 1500us), field("left", -4),
                       field("stream_id", StreamId::literal("order-17")),
                       field("position", Position{9}));
  EXPECT_EQ(testing::without_line_numbers(last_line()),
            R"({"time":"2024-01-01T00:00:00.000000000Z","level":"info","message":"Order placed",)"
            R"("event":"order.placed","target":"shop::orders",)"
            R"("file":"unit/logging/logging_test.cpp","line":0,"order_id":"o-17","lines":3,)"
            R"("total":12.5,"paid":true,"wait_ms":1.5,"left":-4,"stream_id":"order-17",)"
            R"("position":9})");
}

TEST_F(LoggingTest, WritesTextForPeople) {
  ASSERT_TRUE(init_logging(options("trace", "text")));
  clock_.advance(1'234'567'891ns);
  EVENTCORE_LOG_RECORD(Warn, "shop", "", "Order late", field("order_id", "o-17"),
                       field("note", "it's \"late\"\n"), field("empty", ""));
  EXPECT_EQ(testing::without_line_numbers(last_line()),
            "2024-01-01T00:00:01.234567891Z WARN  shop: Order late order_id=o-17 "
            "note=\"it's \\\"late\\\"\\n\" empty=\"\" at unit/logging/logging_test.cpp:0");
}

TEST_F(LoggingTest, ColoursTextIfAsked) {
  LoggingOptions coloured = options("trace", "text");
  coloured.colour = LogColour::Always;
  ASSERT_TRUE(init_logging(std::move(coloured)));
  LOG(Error);
  EXPECT_THAT(last_line(), HasSubstr("\x1b[31mERROR\x1b[0m"));
}

TEST_F(LoggingTest, NamesTargetsAfterNamespacesAndClasses) {
  ASSERT_TRUE(init_logging(options()));
  shop::Counter().count();
  shop::act();
  EXPECT_EQ(shop::act_hidden(1), 1);
  act_outside();
  const auto lines = written();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], HasSubstr(R"("target":"shop::Counter")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("target":"shop")"));
  EXPECT_THAT(lines[2], HasSubstr(R"("target":"shop")"));
  EXPECT_THAT(lines[3], HasSubstr(R"("target":"app")"));
}

TEST_F(LoggingTest, EvaluatesArgumentsOnlyForRecords) {
  ASSERT_TRUE(init_logging(options("info")));
  int evaluated = 0;
  for (const std::string_view filter : {"info", "debug", "off"}) {
    ASSERT_TRUE(set_log_filter(filter));
    LOG(Debug, field("number", ++evaluated));
  }
  EXPECT_EQ(evaluated, 1);
  EXPECT_THAT(written(), SizeIs(1));
  EXPECT_EQ(log_filter(), "off");
}

TEST_F(LoggingTest, FiltersByTargetWhileRunning) {
  ASSERT_TRUE(init_logging(options("warn,shop=info")));
  const auto both = [] {
    EVENTCORE_LOG_RECORD(Info, "shop::api", "", "Shop");
    EVENTCORE_LOG_RECORD(Info, "store", "", "Store");
  };
  both();
  EXPECT_THAT(written(), ElementsAre(HasSubstr("Shop")));
  ASSERT_TRUE(set_log_filter("store=debug"));
  both();
  EXPECT_THAT(written(), ElementsAre(HasSubstr("Shop"), HasSubstr("Store")));
  EXPECT_FALSE(set_log_filter("store=nothing"));
  EXPECT_EQ(log_filter(), "store=debug");
}

TEST_F(LoggingTest, CarriesSpansTraceAndCorrelationOfTheThread) {
  ASSERT_TRUE(init_logging(options()));
  const detail::SpanFrame request{
      "POST /orders",
      *TraceContext::parse("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"), "request-7",
      nullptr};
  const detail::FrameScope outer(request);
  const detail::SpanFrame command{"place_order", request.trace, "", &request};
  const detail::FrameScope inner(command);
  LOG(Info);
  EXPECT_EQ(own_keys(last_line()),
            R"(,"span":"place_order","spans":["POST /orders","place_order"],)"
            R"("trace_id":"0123456789abcdef0123456789abcdef","span_id":"00f067aa0ba902b7",)"
            R"("correlation_id":"request-7"})");
  ASSERT_TRUE(init_logging(options("trace", "text")));
  LOG(Info);
  EXPECT_THAT(last_line(), HasSubstr("spans=\"POST /orders\">place_order correlation_id=request-7 "
                                     "trace_id=0123456789abcdef0123456789abcdef"));
}

TEST_F(LoggingTest, LetsNoValueLookLikeAnotherRecord) {
  for (const char* const format : {"json", "text"}) {
    ASSERT_TRUE(init_logging(options("trace", format)));
    const std::size_t before = written().size();
    LOG(Info, field("a", "\n{\"level\":\"error\"}\r\n"), field("b", "\"},{\""),
        field("c", "\x1b[2J\x7f\xc2\x9b"), field("d", "\xE2\x80\xA8\xE2\x80\xAE\xff"));
    const auto lines = written();
    ASSERT_THAT(lines, SizeIs(before + 1)) << format;
    for (const char c : lines.back()) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_THAT(lines.back(), HasSubstr(R"("\u001b[2J\u007f\u009b")"));
    EXPECT_THAT(lines.back(), HasSubstr("\\u2028\\u202e\xEF\xBF\xBD"));
  }
}

TEST_F(LoggingTest, CutsLongTextsAndSaysSo) {
  ASSERT_TRUE(init_logging(options()));
  LOG(Info, field("text", std::string(kLogTextBytes, 'x')));
  EXPECT_THAT(last_line(), Not(HasSubstr("…")));
  const std::uint64_t before = log_stats().cut;
  // The cut would be in the middle of a character.
  LOG(Info, field("text", std::string(kLogTextBytes - 1, 'x') + "äy"));
  EXPECT_THAT(last_line(), HasSubstr(std::string(kLogTextBytes - 1, 'x') + "…\""));
  EXPECT_EQ(log_stats().cut, before + 1);
  const std::string large(kLogTextBytes, 'y');
  LOG(Info, field("a", large), field("b", large), field("c", large), field("d", large),
      field("e", 5));
  EXPECT_THAT(last_line(), HasSubstr("yyyy…\",\"e\":5}"));
  EXPECT_LE(last_line().size(), kLogRecordBytes);
}

TEST_F(LoggingTest, WritesTheFirstTextsOfAListAndCountsTheRest) {
  ASSERT_TRUE(init_logging(options()));
  std::vector<std::string_view> names(kLogListMax, "s");
  LOG(Info, field("streams", std::span<const std::string_view>(names)));
  EXPECT_THAT(last_line(), HasSubstr(R"("s","s"]})"));
  names.push_back("t");
  names.push_back("t");
  LOG(Info, field("streams", std::span<const std::string_view>(names)));
  EXPECT_THAT(last_line(), HasSubstr(R"("s","… 2 more"]})"));
  const std::string long_name(250, 'n');
  const std::vector<std::string_view> long_names(kLogListMax, long_name);
  LOG(Info, field("streams", std::span<const std::string_view>(long_names)), field("after", 1));
  EXPECT_THAT(last_line(), HasSubstr(R"("… 12 more"],"after":1})"));
  LOG(Info, field("streams", std::span<const std::string_view>()));
  EXPECT_THAT(last_line(), HasSubstr(R"("streams":[]})"));
}

TEST_F(LoggingTest, RedactsByKeyAndInUrls) {
  for (const char* const format : {"json", "text"}) {
    ASSERT_TRUE(init_logging(options("trace", format)));
    const std::vector<std::string_view> urls = {"postgres://ann:s3cret@h/d"};
    LOG(Info, field("db_password", "s3cret"), field("api_token", 53), field("after", 1),
        field("url", "postgres://ann:s3cret@h/d?password=s3cret"),
        field("dsn", "host=h password=s3cret"),
        field("urls", std::span<const std::string_view>(urls)));
    const std::string line = last_line();
    EXPECT_THAT(line, Not(HasSubstr("s3cret")));
    EXPECT_THAT(line, Not(HasSubstr("53")));
    EXPECT_THAT(line, HasSubstr("[redacted]"));
    EXPECT_THAT(line, HasSubstr("postgres://***@h/d"));
  }
}

TEST_F(LoggingTest, WritesNumbersThatJsonHasNoWordFor) {
  ASSERT_TRUE(init_logging(options()));
  LOG(Info, field("a", std::numeric_limits<double>::infinity()), field("b", std::nan("")),
      field("c", std::numeric_limits<std::int64_t>::min()),
      field("d", std::numeric_limits<std::uint64_t>::max()),
      field("e", std::chrono::nanoseconds::min()));
  EXPECT_EQ(own_keys(last_line()),
            R"(,"a":"inf","b":"nan","c":-9223372036854775808,"d":18446744073709551615,)"
            R"("e":-9223372036854.775808})");
}

TEST_F(LoggingTest, SuppressesAboveTheRateOfACallSiteAndCounts) {
  LoggingOptions limited = options();
  limited.site_rate_max = 100;
  ASSERT_TRUE(init_logging(std::move(limited)));
  const auto say = [] { EVENTCORE_LOG_RECORD(Info, "test", "", "Often"); };
  for (int i = 0; i < 250; ++i) say();
  LOG(Info);  // another place, with a limit of its own
  auto lines = written();
  ASSERT_THAT(lines, SizeIs(102));
  EXPECT_THAT(lines[100], HasSubstr("Said"));
  EXPECT_THAT(lines[101], HasSubstr(R"("event":"log.suppressed")"));
  EXPECT_THAT(lines[101], HasSubstr(R"("suppressed":150,"suppressed_message":"Often"})"));
  clock_.advance(1s);
  static_cast<void>(written());  // the drain has seen the time
  for (int i = 0; i < 2; ++i) say();
  EXPECT_THAT(written(), SizeIs(104));
}

TEST_F(LoggingTest, SharesTheRateAmongThreads) {
  LoggingOptions limited = options();
  limited.site_rate_max = 100;
  ASSERT_TRUE(init_logging(std::move(limited)));
  const auto say = [] {
    for (int i = 0; i < 200; ++i) EVENTCORE_LOG_RECORD(Info, "test", "", "Often");
  };
  std::thread other(say);
  say();
  other.join();
  std::size_t often = 0;
  for (const std::string& line : written()) often += line.find("\"Often\",\"t") != line.npos;
  // What a thread has taken and not used is lost to the others.
  EXPECT_LE(often, 101U);
  EXPECT_GE(often, 84U);
}

TEST_F(LoggingTest, KeepsRecordsOfThreadsThatHaveEnded) {
  ASSERT_TRUE(init_logging(options()));
  const std::uint64_t before = log_stats().queue_capacity;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] { LOG(Info, field("thread", i)); }).join();
    ASSERT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  }
  EXPECT_THAT(written(), SizeIs(20));
  EXPECT_LE(log_stats().queue_capacity, before + options().ring_bytes) << "rings are used again";
}

TEST_F(LoggingTest, OrdersRecordsOfThreadsByTime) {
  ASSERT_TRUE(init_logging(options()));
  const auto say = [&](int number) {
    clock_.advance(1ms);
    LOG(Info, field("number", number));
  };
  for (int i = 0; i < 30; i += 2) {
    say(i);
    std::thread([&] { say(i + 1); }).join();
  }
  const auto lines = written();
  ASSERT_THAT(lines, SizeIs(30));
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end())) << "they begin with their times";
}

TEST_F(LoggingTest, TakesTheFilterOfTheEnvironmentFirstAndTheFormatOfTheArgument) {
  setenv("EVENTCORE_LOG", "debug", 1);
  setenv("EVENTCORE_LOG_FORMAT", "json", 1);
  LoggingOptions from_environment = options("error", "");
  from_environment.environment_first = true;
  ASSERT_TRUE(init_logging(from_environment));
  EXPECT_EQ(log_filter(), "debug");
  LOG(Debug);
  EXPECT_THAT(last_line(), StartsWith("{"));
  from_environment.format = "text";
  ASSERT_TRUE(init_logging(from_environment));
  LOG(Debug);
  EXPECT_THAT(last_line(), Not(StartsWith("{")));
  setenv("EVENTCORE_LOG", "", 1);
  ASSERT_TRUE(init_logging(from_environment));
  EXPECT_EQ(log_filter(), "error");
}

TEST_F(LoggingTest, FailsOnWhatItDoesNotKnowAndChangesNothing) {
  ASSERT_TRUE(init_logging(options("warn")));
  const auto problem = [](const Result<void>& result) {
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().message;
  };
  EXPECT_THAT(problem(init_logging("info", "xml")), HasSubstr("unknown log format 'xml'"));
  EXPECT_THAT(problem(init_logging("info,x=y", "json")), HasSubstr("character 8: 'y' is no level"));
  setenv("EVENTCORE_LOG", "loud=1", 1);
  EXPECT_THAT(problem(init_logging("info", "json")), HasSubstr("EVENTCORE_LOG: bad log filter"));
  setenv("EVENTCORE_LOG_FORMAT", "yaml", 1);
  setenv("EVENTCORE_LOG", "", 1);
  EXPECT_THAT(problem(init_logging("info", "")), HasSubstr("EVENTCORE_LOG_FORMAT: unknown"));
  LoggingOptions odd = options();
  odd.ring_bytes = 20'000;
  EXPECT_THAT(problem(init_logging(odd)), HasSubstr("power of two"));
  EXPECT_EQ(log_filter(), "warn");
  LOG(Warn);
  EXPECT_THAT(written(), SizeIs(1));
}

TEST_F(LoggingTest, SwitchesOverWithoutLosingRecords) {
  ASSERT_TRUE(init_logging(options()));
  LOG(Info, field("number", 1));
  const auto second = std::make_shared<testing::KeptLines>();
  LoggingOptions next = options("trace", "text");
  next.sink = second;
  ASSERT_TRUE(init_logging(std::move(next)));
  LOG(Info, field("number", 2));
  ASSERT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  EXPECT_THAT(kept_->lines(), ElementsAre(HasSubstr("\"number\":1")));
  EXPECT_THAT(second->lines(), ElementsAre(HasSubstr("number=2")));
}

#undef LOG

}  // namespace
}  // namespace eventcore
