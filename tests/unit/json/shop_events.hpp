#pragma once

/// \file
/// Events of a small shop that the tests of the encoding share.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "eventcore/codec.hpp"
#include "eventcore/json.hpp"

namespace shop {

using namespace eventcore;

enum class Channel : std::uint8_t { Web, Phone, Counter = 9 };
constexpr auto describe_enum(Channel) {
  return enumerators(enumerator("web", Channel::Web), enumerator("phone", Channel::Phone),
                     enumerator("counter", Channel::Counter));
}

/// Text with a rule: it begins with `O-`.
class OrderId {
 public:
  static Result<OrderId> parse(std::string_view text) {
    if (!text.starts_with("O-")) {
      return make_error(ErrorCode::InvalidArgument, "an order id begins with O-");
    }
    return OrderId(std::string(text));
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  friend auto operator<=>(const OrderId&, const OrderId&) = default;

 private:
  explicit OrderId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// An amount, stored as an integer.
struct Cents {
  std::int64_t value = 0;
  friend auto operator<=>(const Cents&, const Cents&) = default;
};

}  // namespace shop

template <>
struct eventcore::Representation<shop::OrderId> {
  using Type = std::string;
  static Result<shop::OrderId> from(std::string_view stored) {
    return shop::OrderId::parse(stored);
  }
  static std::string_view to(const shop::OrderId& id) { return id.view(); }
};

template <>
struct eventcore::Representation<shop::Cents> {
  using Type = std::int64_t;
  static Result<shop::Cents> from(std::int64_t stored) { return shop::Cents{stored}; }
  static std::int64_t to(shop::Cents amount) { return amount.value; }
};

namespace shop {

struct Line {
  std::string sku;
  std::int32_t quantity = 0;
  Cents price;

  static constexpr auto describe() {
    return describe_value(field("sku", &Line::sku), field("quantity", &Line::quantity),
                          field("price", &Line::price));
  }
  friend bool operator==(const Line&, const Line&) = default;
};

struct Card {
  std::string last_digits;

  static constexpr auto describe() {
    return describe_value("card", field("last_digits", &Card::last_digits));
  }
  friend bool operator==(const Card&, const Card&) = default;
};

struct Invoice {
  std::uint16_t days = 0;

  static constexpr auto describe() {
    return describe_value("invoice", field("days", &Invoice::days));
  }
  friend bool operator==(const Invoice&, const Invoice&) = default;
};

struct OrderPlacedV1 {
  std::string order;
  std::string customer;

  static constexpr auto describe() {
    return describe_event("order_placed", 1, field("order", &OrderPlacedV1::order),
                          field("customer", &OrderPlacedV1::customer));
  }
};

struct OrderPlacedV2 {
  using Previous = OrderPlacedV1;

  std::string order;
  std::optional<std::string> customer;

  static constexpr auto describe() {
    return describe_event("order_placed", 2, field("order", &OrderPlacedV2::order),
                          field("customer", &OrderPlacedV2::customer));
  }
  static Result<OrderPlacedV2> upcast(OrderPlacedV1&& old) {
    if (old.order.empty()) return make_error(ErrorCode::DecodeFailed, "an order without id");
    return OrderPlacedV2{std::move(old.order), std::move(old.customer)};
  }
};

struct OrderPlaced {
  using Previous = OrderPlacedV2;

  std::string order;
  std::optional<std::string> customer;
  std::vector<Line> lines;
  Channel channel = Channel::Web;
  std::variant<Card, Invoice> payment;
  std::map<std::string, std::string> notes;
  std::int32_t priority = 0;

  static constexpr auto describe() {
    return describe_event(
        "order_placed", 4, field("order", &OrderPlaced::order),
        field("customer", &OrderPlaced::customer), field("lines", &OrderPlaced::lines),
        field("channel", &OrderPlaced::channel), field("payment", &OrderPlaced::payment),
        field("notes", &OrderPlaced::notes), field_or("priority", &OrderPlaced::priority, 5));
  }
  static OrderPlaced upcast(OrderPlacedV2&& old) {
    OrderPlaced placed;
    placed.order = std::move(old.order);
    placed.customer = std::move(old.customer);
    return placed;
  }
  friend bool operator==(const OrderPlaced&, const OrderPlaced&) = default;
};

struct OrderClosed {
  static constexpr auto describe() { return describe_event("order_closed", 1); }
  friend bool operator==(OrderClosed, OrderClosed) = default;
};

using OrderEvents = std::variant<OrderPlaced, OrderClosed>;

/// An order with every field filled.
inline OrderPlaced sample_order() {
  return {"O-1",
          "C-7",
          {{"pen", 2, {150}}, {"ink", -1, {0}}},
          Channel::Counter,
          Invoice{30},
          {{"gift", "yes"}},
          1};
}

/// `sample_order()` as it is stored.
inline constexpr std::string_view kSampleOrder =
    R"({"order":"O-1","customer":"C-7","lines":[{"sku":"pen","quantity":2,"price":150},)"
    R"({"sku":"ink","quantity":-1,"price":0}],"channel":"counter",)"
    R"("payment":{"invoice":{"days":30}},"notes":{"gift":"yes"},"priority":1})";

}  // namespace shop
