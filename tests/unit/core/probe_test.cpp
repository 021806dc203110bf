#include "eventcore/probe.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace eventcore {
namespace {

class LoggingProbe final : public Probe {
 public:
  LoggingProbe(std::string name, std::string& log, ProbeInterests interests)
      : name_(std::move(name)), log_(log), interests_(interests) {}

  ProbeInterests interests() const noexcept override { return interests_; }
  void command_finished(const CommandRecord& record) noexcept override {
    log_ += name_ + ":" + std::string(record.command_type) + " ";
  }
  void group_committed(const GroupRecord& record) noexcept override {
    log_ += name_ + ":" + std::to_string(record.events) + " ";
  }
  void pool_used(const PoolRecord& record) noexcept override {
    log_ += name_ + ":" + std::string(record.pool) + " ";
  }
  void connection_opened(std::string_view pool, std::chrono::nanoseconds) noexcept override {
    log_ += name_ + ":+" + std::string(pool) + " ";
  }
  void store_availability(bool up) noexcept override { log_ += name_ + (up ? ":up " : ":down "); }

 private:
  std::string name_;
  std::string& log_;
  ProbeInterests interests_;
};

TEST(CommandOutcome, HasADistinctName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCommandOutcomes; ++i) {
    names.insert(to_string(static_cast<CommandOutcome>(i)));
  }
  EXPECT_EQ(names.size(), kCommandOutcomes);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(CommandOutcome, RefusalsAreNoErrors) {
  EXPECT_FALSE(is_error(CommandOutcome::Rejected));
  EXPECT_FALSE(is_error(CommandOutcome::Replayed));
  EXPECT_TRUE(is_error(CommandOutcome::Invalid));
  EXPECT_TRUE(is_error(CommandOutcome::InDoubt));
}

TEST(CommandPhase, HasADistinctName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCommandPhases; ++i) {
    names.insert(to_string(static_cast<CommandPhase>(i)));
  }
  EXPECT_EQ(names.size(), kCommandPhases);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(PhaseTimes, AreAddressedByPhase) {
  PhaseTimes phases;
  phases[CommandPhase::Append] = std::chrono::nanoseconds{7};
  EXPECT_EQ(phases[CommandPhase::Append], std::chrono::nanoseconds{7});
  EXPECT_EQ(phases[CommandPhase::Fold], std::chrono::nanoseconds{0});
}

TEST(CombinedProbe, TellsEachWhatItWantsInOrder) {
  std::string log;
  const auto all = std::make_shared<LoggingProbe>("a", log, ProbeInterests{});
  const auto groups =
      std::make_shared<LoggingProbe>("g", log, ProbeInterests{.commands = false, .groups = true});
  const std::shared_ptr<Probe> both = combine({groups, nullptr, all});
  ASSERT_NE(both, nullptr);
  CommandRecord record;
  record.command_type = "pay";
  both->command_finished(record);
  GroupRecord group;
  group.events = 3;
  both->group_committed(group);
  both->store_availability(false);
  EXPECT_EQ(log, "a:pay g:3 a:3 g:down a:down ");
}

TEST(CombinedProbe, TellsOfPoolsThoseWhoWantIt) {
  std::string log;
  const auto all = std::make_shared<LoggingProbe>("a", log, ProbeInterests{});
  const auto others = std::make_shared<LoggingProbe>("o", log, ProbeInterests{.pools = false});
  const std::shared_ptr<Probe> both = combine({others, all});
  EXPECT_TRUE(both->interests().pools);
  both->connection_opened("readers", {});
  both->pool_used({.pool = "readers"});
  EXPECT_EQ(log, "a:+readers a:readers ");
  const auto third = std::make_shared<LoggingProbe>("p", log, ProbeInterests{.pools = false});
  EXPECT_FALSE(combine({others, third})->interests().pools);
}

TEST(CombinedProbe, WantsWhatItsPartsWant) {
  std::string log;
  const ProbeInterests nothing{.commands = false, .groups = false};
  const ProbeInterests commands{.commands = true, .groups = false};
  const auto quiet = std::make_shared<LoggingProbe>("q", log, nothing);
  const auto other = std::make_shared<LoggingProbe>("c", log, commands);
  EXPECT_TRUE(combine({quiet, other})->interests().commands);
  EXPECT_FALSE(combine({quiet, other})->interests().groups);
}

TEST(CombinedProbe, OfOneIsThatOneAndOfNoneIsNone) {
  std::string log;
  const std::shared_ptr<Probe> one = std::make_shared<LoggingProbe>("a", log, ProbeInterests{});
  EXPECT_EQ(combine({nullptr, one}), one);
  EXPECT_EQ(combine({nullptr, nullptr}), nullptr);
  EXPECT_EQ(combine({}), nullptr);
}

}  // namespace
}  // namespace eventcore
