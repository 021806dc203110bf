#pragma once

// A shop on a memory store, and short ways to say what is sold.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eventcore/codec.hpp>
#include <eventcore/command_executor.hpp>
#include <eventcore/memory_store.hpp>

#include "domain/adjust_stock.hpp"
#include "domain/book_adjustment.hpp"
#include "domain/place_order.hpp"
#include "domain/receive_stock.hpp"
#include "domain/register_customer.hpp"
#include "domain/return_goods.hpp"

namespace shop {

struct ShopOnMemory {
  std::unique_ptr<eventcore::EventStore> store = eventcore::open_memory_store();
  eventcore::CommandExecutor executor{*store};

  /// The names of the stored events of `stream`, in order.
  std::vector<std::string> types_on(const char* stream) {
    std::vector<std::string> types;
    const auto page = store->read_stream(eventcore::StreamId::parse(stream).value()).value();
    for (const auto& event : page.events) types.emplace_back(event.type);
    return types;
  }

  /// Stores an event as no command would write it.
  void write(const char* stream, std::string_view type, std::string_view payload) {
    eventcore::WriteBatch batch;
    const auto index = batch.add_stream(eventcore::StreamId::parse(stream).value(),
                                        eventcore::ExpectedVersion::any());
    batch.add_event(index, type, 1, payload);
    EXPECT_TRUE(store->append(batch));
  }
  template <eventcore::Encodable E>
  void write(const char* stream, const E& event) {
    std::string payload;
    EXPECT_TRUE(eventcore::encode_event(event, payload));
    write(stream, eventcore::event_name<E>, payload);
  }

  /// The code of the refusal of `command`, or empty.
  template <class C>
  std::string refusal(const C& command, std::string key = {}) {
    const auto result = executor.execute(command, {.idempotency_key = std::move(key)}).value();
    return result.rejected() ? std::string(result.rejection()->code.view()) : std::string();
  }
};

inline Line line(std::string_view product, std::int64_t quantity, std::string_view price = "1") {
  return {.product = ProductCode::parse(product).value(),
          .description = "Thing",
          .quantity = quantity,
          .price = Money::parse(price).value()};
}

inline PlaceOrder order(std::string_view id, std::vector<Line> lines,
                        std::string_view customer = {}) {
  PlaceOrder command{.id = OrderId::parse(id).value(),
                     .customer = std::nullopt,
                     .country = "Norway",
                     .lines = std::move(lines)};
  if (!customer.empty()) command.customer = CustomerId::parse(customer).value();
  return command;
}

inline ReturnGoods goods_return(std::string_view id, std::vector<Line> lines) {
  return {.id = ReturnId::parse(id).value(),
          .customer = std::nullopt,
          .country = "Norway",
          .lines = std::move(lines)};
}

inline ReceiveStock delivery(std::string_view product, std::int64_t quantity) {
  return {.product = ProductCode::parse(product).value(), .quantity = quantity};
}

}  // namespace shop
