#pragma once

/// \file
/// The bodies of requests, as the commands they ask for.
///
/// Everything has a limit (a line costs at most `kLineAmountMax`), unknown members are refused (a
/// mistyped `customer` must not become an order without one), and all faults are told at once.

#include <chrono>
#include <cstddef>
#include <string_view>
#include <variant>

#include <eventcore/limits.hpp>

#include "domain/place_order.hpp"
#include "domain/receive_stock.hpp"
#include "domain/register_customer.hpp"
#include "domain/return_goods.hpp"
#include "serve/problem.hpp"

namespace shop {

/// Lines of one order or return: each may name another stream, and the order's and the customer's
/// count too.
inline constexpr std::size_t kLinesMax = eventcore::limits::kBatchStreams - 2;
inline constexpr std::size_t kDescriptionBytesMax = 200;
inline constexpr std::size_t kCountryBytesMax = 100;

template <class Command>
using Parsed = std::variant<Command, Problem>;

/// `{"customer": "17850", "country": "Norway"}`
[[nodiscard]] Parsed<RegisterCustomer> parse_customer(std::string_view body);

/// `{"order": "9001", "customer": "17850", "country": "Norway", "lines": [{"product": "22423",
/// "description": "Cake stand", "quantity": 2, "price": "12.75"}]}`. Without `order` the order gets
/// a new id; without `customer` it has none.
[[nodiscard]] Parsed<PlaceOrder> parse_order(std::string_view body, std::chrono::sys_seconds now);

/// The same with `return` for `order`.
[[nodiscard]] Parsed<ReturnGoods> parse_return(std::string_view body, std::chrono::sys_seconds now);

/// `{"product": "22423", "quantity": 100}`
[[nodiscard]] Parsed<ReceiveStock> parse_delivery(std::string_view body);

}  // namespace shop
