#include "domain/lines.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace shop {

bool quantities_are_within(std::span<const Line> lines, std::int64_t smallest) {
  return std::all_of(lines.begin(), lines.end(), [smallest](const Line& line) {
    return line.quantity >= smallest && line.quantity <= kQuantityMax;
  });
}

std::optional<Money> amount_of(Money price, std::int64_t quantity) {
  const std::optional<Money> amount = multiply(price, quantity);
  const std::optional<Money> size = amount ? absolute(*amount) : std::nullopt;
  return size && *size <= kLineAmountMax ? amount : std::nullopt;
}

std::optional<Money> total_of(std::span<const Line> lines) {
  Money total;
  for (const Line& line : lines) {
    const std::optional<Money> amount = amount_of(line.price, line.quantity);
    if (!amount) return std::nullopt;
    const std::optional<Money> sum = add(total, *amount);
    if (!sum) return std::nullopt;
    total = *sum;
  }
  return total;
}

std::vector<ProductQuantity> quantities_by_product(std::span<const Line> lines) {
  std::vector<ProductQuantity> result;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto [place, is_new] = places.emplace(lines[i].product.text(), result.size());
    if (is_new) result.push_back({i, 0});
    result[place->second].quantity += lines[i].quantity;
  }
  return result;
}

std::vector<eventcore::StreamId> product_streams(std::span<const Line> lines) {
  std::vector<eventcore::StreamId> streams;
  streams.reserve(lines.size());
  for (const Line& line : lines) streams.push_back(line.product.stream());
  return streams;
}

}  // namespace shop
