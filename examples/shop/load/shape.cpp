#include "load/shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

namespace shop {

namespace {

/// A share of cases and the value that they do not exceed; linear between two points.
struct Quantile {
  double share;
  double value;
};

constexpr std::array<Quantile, 14> kBasketSizes{{{0, 1},
                                                 {.15, 1},
                                                 {.25, 2},
                                                 {.35, 6},
                                                 {.45, 9},
                                                 {.55, 13},
                                                 {.65, 16},
                                                 {.75, 20},
                                                 {.85, 32},
                                                 {.92, 50},
                                                 {.96, 66},
                                                 {.985, 117},
                                                 {.995, 300},
                                                 {1, 600}}};
constexpr std::array<Quantile, 11> kQuantities{{{0, 1},
                                                {.3, 1},
                                                {.5, 2},
                                                {.6, 4},
                                                {.7, 6},
                                                {.8, 10},
                                                {.9, 14},
                                                {.95, 24},
                                                {.98, 48},
                                                {.99, 96},
                                                {1, 288}}};
constexpr std::array<Quantile, 13> kPrices{{{0, .19},
                                            {.05, .43},
                                            {.1, .85},
                                            {.2, 1.25},
                                            {.3, 1.65},
                                            {.5, 2.51},
                                            {.7, 3.75},
                                            {.8, 4.95},
                                            {.9, 7.95},
                                            {.95, 9.95},
                                            {.98, 14.95},
                                            {.995, 25.49},
                                            {1, 295}}};
/// The share of all lines that the products up to a rank have.
constexpr std::array<Quantile, 9> kPopularity{{{0, 0},
                                               {.006, 1},
                                               {.05, 10},
                                               {.153, 50},
                                               {.242, 100},
                                               {.617, 500},
                                               {.834, 1'000},
                                               {.983, 2'000},
                                               {1, kProducts}}};

double at(std::span<const Quantile> quantiles, double share) {
  std::size_t i = 1;
  while (i + 1 < quantiles.size() && quantiles[i].share < share) ++i;
  const Quantile& a = quantiles[i - 1];
  const Quantile& b = quantiles[i];
  return a.value + (b.value - a.value) * (share - a.share) / (b.share - a.share);
}

}  // namespace

double BasketShape::uniform() { return static_cast<double>(random_() >> 11U) * 0x1.0p-53; }

std::size_t BasketShape::product() {
  return std::min(static_cast<std::size_t>(at(kPopularity, uniform())), kProducts - 1);
}

std::size_t BasketShape::customer() {
  // The square makes some customers come back more often than others.
  const double share = uniform();
  return static_cast<std::size_t>(share * share * static_cast<double>(kCustomers));
}

std::vector<BasketLine> BasketShape::basket() {
  const auto size = static_cast<std::size_t>(std::lround(at(kBasketSizes, uniform())));
  std::vector<BasketLine> basket;
  std::unordered_set<std::size_t> chosen;
  while (basket.size() < size) {
    const std::size_t rank = product();
    if (!chosen.insert(rank).second) continue;
    basket.push_back({rank, std::lround(at(kQuantities, uniform()))});
  }
  return basket;
}

std::string product_code(std::size_t rank) { return std::to_string(20'000 + rank); }

std::string product_name(std::size_t rank) {
  constexpr std::array<const char*, 8> kColours{"WHITE", "RED",  "GREEN", "BLUE",
                                                "PINK",  "GREY", "IVORY", "BLACK"};
  constexpr std::array<const char*, 9> kThings{"LANTERN",     "CAKE STAND", "TEA TOWEL",
                                               "MUG",         "BUNTING",    "HOT WATER BOTTLE",
                                               "PHOTO FRAME", "DOORMAT",    "LUNCH BAG"};
  return std::string(kColours[rank % kColours.size()]) + " " + kThings[rank % kThings.size()];
}

Money product_price(std::size_t rank) {
  // Spread over the prices by a multiplication, so that price and popularity are not related.
  const double share = std::fmod(static_cast<double>(rank) * 0.618'033'988'75, 1.0);
  const auto pence = static_cast<std::int64_t>(at(kPrices, share) * 100);
  return Money::of_units(pence * (Money::kUnitsPerWhole / 100));
}

std::span<const std::size_t> tracked_products() noexcept {
  static constexpr std::array<std::size_t, 8> kTracked{210, 290, 370, 450, 530, 610, 690, 770};
  return kTracked;
}

}  // namespace shop
