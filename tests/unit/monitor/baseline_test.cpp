#include "eventcore/monitor/baseline.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <random>

namespace eventcore::monitor {
namespace {

using ::testing::HasSubstr;

Baseline example() {
  return {.name = "release 1",
          .source = "http://127.0.0.1:9464/metrics",
          .recorded_at = Timestamp{std::chrono::seconds(1'704'067'200)},
          .interval = std::chrono::seconds(1),
          .measures = {{.name = "avg_latency_ms", .level_min = 0.01, .samples = {1.5, 0.1, 2}},
                       {.name = "commands_per_second",
                        .better = Better::Neither,
                        .level_min = 0.1,
                        .samples = {std::nan(""), 3, 0}}}};
}

/// A folder of its own, removed with all that is in it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "eventcore-baseline-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

Baseline with(const char* name, Better better, double level, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(level, level / 50);
  BaselineMeasure measure{.name = name, .better = better};
  for (int i = 0; i < 30; ++i) measure.samples.push_back(normal(random));
  return {.name = "of a seed", .measures = {measure}};
}

TEST(Baseline, ComesBackFromItsText) {
  const Baseline before = example();
  const auto after = parse_baseline(to_json(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->name, before.name);
  EXPECT_EQ(after->source, before.source);
  EXPECT_EQ(after->recorded_at, before.recorded_at);
  EXPECT_EQ(after->interval, before.interval);
  ASSERT_EQ(after->measures.size(), 2U);
  EXPECT_EQ(after->measures[0].name, "avg_latency_ms");
  EXPECT_EQ(after->measures[0].better, Better::Lower);
  EXPECT_EQ(after->measures[0].level_min, 0.01);
  EXPECT_EQ(after->measures[0].samples, before.measures[0].samples);
  EXPECT_EQ(after->measures[1].better, Better::Neither);
  EXPECT_TRUE(std::isnan(after->measures[1].samples[0]));
}

TEST(Baseline, RefusesWhatIsNone) {
  const std::string good = to_json(example());
  const auto refused = [](const std::string& text) {
    const auto parsed = parse_baseline(text);
    EXPECT_FALSE(parsed) << text;
    if (parsed) return std::string("nothing");
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    return parsed.error().message;
  };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_THAT(refused(""), HasSubstr("cut off"));
  EXPECT_THAT(refused(good.substr(0, good.size() / 2)), HasSubstr("cut off"));
  EXPECT_THAT(refused("[1]"), HasSubstr("eventcore-baseline"));
  EXPECT_THAT(refused("{}"), HasSubstr("eventcore-baseline"));
  EXPECT_THAT(refused(changed("\"eventcore-baseline\":1", "\"eventcore-baseline\":2")),
              HasSubstr("version 2"));
  EXPECT_THAT(refused(changed("\"name\":\"release 1\",", "")), HasSubstr("\"name\""));
  EXPECT_THAT(refused(changed("\"lower\"", "\"quicker\"")), HasSubstr("lower, higher or neither"));
  EXPECT_THAT(refused(changed("\"level_min\":0.01", "\"level_min\":0")), HasSubstr("level_min"));
  EXPECT_THAT(refused(changed("[1.5,", "[\"1.5\",")), HasSubstr("wrong type"));
  EXPECT_THAT(refused(changed("commands_per_second", "avg_latency_ms")), HasSubstr("twice"));
}

TEST(Baseline, IsWrittenToAFileAndReadFromIt) {
  const Folder folder;
  const auto path = folder.file("a.baseline.json");
  ASSERT_TRUE(write_baseline(with("cpu_ms", Better::Lower, 5, 1), path));
  ASSERT_TRUE(write_baseline(example(), path)) << "a file that is there is replaced";
  const auto read = read_baseline(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, "release 1");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1)
      << "nothing is left beside it";
}

TEST(Baseline, TellsWhichFileIsWrong) {
  const Folder folder;
  const auto missing = read_baseline(folder.file("missing.json"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(missing.error().message, HasSubstr("missing.json': there is no such file"));
  std::ofstream(folder.file("broken.json")) << "{\"eventcore-baseline\":1";
  const auto broken = read_baseline(folder.file("broken.json"));
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("broken.json': not a baseline"));
  const auto unwritable = write_baseline(example(), folder.file("nowhere/a.json"));
  ASSERT_FALSE(unwritable);
  EXPECT_EQ(unwritable.error().code, ErrorCode::Unavailable);
}

TEST(Baseline, TakesMeasuresFromSnapshots) {
  PerformanceSnapshot busy;
  busy.window = std::chrono::seconds(2);
  busy.timestamp = Timestamp{std::chrono::seconds(100)};
  busy.commands_per_second = 50;
  busy.conflicts_per_second = 5;
  busy.avg_latency_ms = 3;
  busy.cpu_ms_per_command = 0.4;
  busy.error_rate = 0.1;
  PerformanceSnapshot idle;
  idle.window = std::chrono::seconds(2);
  idle.timestamp = Timestamp{std::chrono::seconds(102)};
  idle.avg_latency_ms = idle.cpu_ms_per_command = std::nan("");
  const PerformanceSnapshot first;  // without a window
  const Baseline baseline = baseline_of(std::vector{first, busy, idle}, "shop");
  EXPECT_EQ(baseline.name, "shop");
  EXPECT_EQ(baseline.interval, std::chrono::seconds(2));
  EXPECT_EQ(baseline.recorded_at, idle.timestamp);
  const auto samples = [&](const char* name) { return baseline.find(name)->samples; };
  EXPECT_THAT(samples("avg_latency_ms"), ::testing::ElementsAre(3, ::testing::IsNan()));
  EXPECT_THAT(samples("cpu_ms_per_command"), ::testing::ElementsAre(0.4, ::testing::IsNan()));
  EXPECT_THAT(samples("conflicts_per_command"), ::testing::ElementsAre(0.1, ::testing::IsNan()));
  EXPECT_THAT(samples("error_ratio"), ::testing::ElementsAre(0.1, ::testing::IsNan()))
      << "of no command none failed, but that is no news";
  EXPECT_THAT(samples("commands_per_second"), ::testing::ElementsAre(50, 0));
  EXPECT_EQ(baseline.find("nothing"), nullptr);
}

TEST(BaselineComparison, JudgesEachMeasureInItsDirection) {
  const auto verdict = [](Better better, double level) {
    return compare_baselines(with("x", better, 100, 1), with("x", better, level, 2)).verdict;
  };
  EXPECT_EQ(verdict(Better::Lower, 110), Verdict::Worse);
  EXPECT_EQ(verdict(Better::Lower, 90), Verdict::Better);
  EXPECT_EQ(verdict(Better::Higher, 110), Verdict::Better);
  EXPECT_EQ(verdict(Better::Higher, 90), Verdict::Worse);
  EXPECT_EQ(verdict(Better::Lower, 100), Verdict::Same);
  EXPECT_EQ(verdict(Better::Neither, 150), Verdict::InsufficientData) << "nothing is judged";
}

TEST(BaselineComparison, SharesItsDoubtsAmongMeasures) {
  Baseline before = with("a", Better::Lower, 100, 1);
  before.measures.push_back(with("b", Better::Lower, 100, 2).measures[0]);
  before.measures.push_back(with("c", Better::Neither, 100, 3).measures[0]);
  before.measures.push_back(with("d", Better::Lower, 100, 4).measures[0]);
  Baseline after = before;
  after.measures.pop_back();
  for (double& sample : after.measures[1].samples) sample *= 1.2;
  const BaselineComparison result = compare_baselines(before, after);
  EXPECT_DOUBLE_EQ(result.measure_confidence, 0.995) << "a and b are judged";
  ASSERT_EQ(result.measures.size(), 3U);
  EXPECT_EQ(result.measures[0].result.verdict, Verdict::Same);
  EXPECT_EQ(result.measures[1].result.verdict, Verdict::Worse);
  EXPECT_EQ(result.verdict, Verdict::Worse);
}

}  // namespace
}  // namespace eventcore::monitor
