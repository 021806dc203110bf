#include "eventcore/log_metrics.hpp"

#include <gmock/gmock.h>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::observability {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Nowhere final : public LogSink {
 public:
  void write(std::span<const LogLine>, std::string_view) override {}
};

TEST(LogMetrics, ShowWhatTheLogHasDone) {
  LoggingOptions options;
  options.environment_first = false;
  options.format = "json";
  options.sink = std::make_shared<Nowhere>();
  ASSERT_TRUE(init_logging(std::move(options)));
  MetricRegistry registry;
  auto shown = show_log(registry);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_FALSE(show_log(registry)) << "they are there already";
  for (int i = 0; i < 3; ++i) EVENTCORE_LOG_RECORD(Info, "test", "", "Said");
  ASSERT_TRUE(flush_log(Deadline::after(std::chrono::seconds(30))).is_complete);
  const std::string page = prometheus_text(registry.snapshot());
  EXPECT_THAT(page, HasSubstr("\neventcore_log_records_written_total 3\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_log_records_dropped_total{level=\"error\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_log_queue_capacity_bytes "));
  shown->clear();
  EXPECT_THAT(prometheus_text(registry.snapshot()), Not(HasSubstr("eventcore_log_")));
}

}  // namespace
}  // namespace eventcore::observability
