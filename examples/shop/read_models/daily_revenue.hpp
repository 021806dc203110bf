#pragma once

/// \file
/// The projection `daily_revenue`: what was sold and returned, by day (UTC) and country.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/events.hpp"
#include "read_models/read_database.hpp"
#include "read_models/table_projector.hpp"
#include "report/money_total.hpp"

namespace shop {

/// What a shop sold and took back; amounts are exact. A line counts for the country that its goods
/// go to, an order for its own.
struct Revenue {
  std::int64_t orders = 0;
  std::int64_t returns = 0;
  std::int64_t units_sold = 0;
  std::int64_t units_returned = 0;
  MoneyTotal gross;
  MoneyTotal returned;  ///< Without signs: what the shop gave back, not what it lost.

  void add(const Revenue& other) noexcept;
};

/// A row for each day and country. Amounts are decimal texts, which have no limit.
class DailyRevenue final : public TableProjector<std::variant<OrderPlaced, GoodsReturned>> {
 public:
  static constexpr eventcore::FixedName kName = "daily_revenue";
  static const std::string_view kSchema;

  /// `tables` were opened with `kSchema`. Errors: HandlerFailed.
  [[nodiscard]] static eventcore::Result<std::shared_ptr<eventcore::Projector>> create(
      std::string instance, std::unique_ptr<Tables> tables);

 private:
  DailyRevenue(std::string instance, std::unique_ptr<Tables> tables);
  [[nodiscard]] eventcore::Result<void> apply_event(const Events& event,
                                                    const eventcore::StoredEvent& stored,
                                                    const eventcore::ProjectionContext&) override;
  [[nodiscard]] eventcore::Result<void> add(std::chrono::sys_days day, const std::string& country,
                                            const Revenue& more);

  Statement read_;
  Statement write_;
};

struct RevenueQuery {
  std::optional<std::chrono::sys_days> from = std::nullopt;  ///< Inclusive.
  std::optional<std::chrono::sys_days> to = std::nullopt;    ///< Inclusive.
  std::optional<std::string> country = std::nullopt;
  std::size_t limit = 1'000;  ///< Of days listed; the total is that of all.
};

struct RevenueOfDay {
  std::chrono::sys_days day;
  std::string country;
  Revenue revenue;
};

struct RevenuePage {
  Revenue total;
  std::vector<RevenueOfDay> days;  ///< By day, then country.
  bool more = false;
};

/// Errors: Unavailable, HandlerFailed.
[[nodiscard]] eventcore::Result<RevenuePage> find_revenue(const ReadSnapshot& snapshot,
                                                          const RevenueQuery& query);

}  // namespace shop
