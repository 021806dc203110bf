#include "serve/business_metrics.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <eventcore/observability/catalogue.hpp>

namespace shop {
namespace {

using eventcore::observability::MetricRegistry;

/// The names of the shop's metrics, as its registry has them.
std::set<std::string> names() {
  MetricRegistry registry;
  const auto metrics = BusinessMetrics::create(registry);
  EXPECT_TRUE(metrics);
  std::set<std::string> names;
  const auto snapshot = registry.snapshot();
  for (const auto& family : snapshot.families) names.emplace(family.description->name);
  for (const auto* builtin : eventcore::observability::catalogue::kMetrics) {
    names.erase(std::string(builtin->name));
  }
  return names;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(BusinessMetrics, AreWhatTheShopPromises) {
  EXPECT_EQ(names(),
            (std::set<std::string>{"eventcore_api_requests_total", "eventcore_order_value_dollars",
                                   "eventcore_request_duration_seconds",
                                   "eventcore_user_registrations_total"}));
}

TEST(BusinessMetrics, AreNamedInOneTable) {
  const std::filesystem::path shop = std::filesystem::path(SHOP_SOURCE_DIR);
  const std::set<std::string> all = names();
  std::size_t in_table = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shop)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
    const std::string text = text_of(path);
    for (const std::string& name : all) {
      const bool found = text.find('"' + name) != std::string::npos;
      if (path.filename() == "business_metrics.cpp") {
        in_table += found ? 1 : 0;
      } else {
        EXPECT_FALSE(found) << path << " has " << name;
      }
    }
  }
  EXPECT_EQ(in_table, all.size());
}

}  // namespace
}  // namespace shop
