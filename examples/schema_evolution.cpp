// Events are stored for ever, and the code that reads them changes. What a reader takes, what it
// refuses, and in which order new versions are deployed.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/fold_stream.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;

enum class Channel { Phone, Web };
constexpr auto describe_enum(Channel) {
  return enumerators(enumerator("phone", Channel::Phone), enumerator("web", Channel::Web));
}

struct Line {
  std::string product;
  std::int64_t quantity = 0;
  static constexpr auto describe() {
    return describe_value(field("product", &Line::product), field("quantity", &Line::quantity));
  }
};

// The first version stays as long as a log has events of it. Nothing writes it any more.
struct OrderPlacedV1 {
  std::string product;
  std::int64_t quantity = 0;
  std::chrono::sys_days ordered_on{};
  static constexpr auto describe() {
    return describe_event("order_placed", 1, field("product", &OrderPlacedV1::product),
                          field("quantity", &OrderPlacedV1::quantity),
                          field("ordered_on", &OrderPlacedV1::ordered_on));
  }
};

// A new version is for a change that the old bytes do not fit. An optional field, or one with a
// fallback, can be added without one: its absence says enough.
struct OrderPlaced {
  using Previous = OrderPlacedV1;
  std::vector<Line> lines;
  std::chrono::sys_time<std::chrono::milliseconds> ordered_at{};
  std::optional<std::string> note;
  Channel channel = Channel::Phone;

  static constexpr auto describe() {
    return describe_event("order_placed", 2, field("lines", &OrderPlaced::lines),
                          field("ordered_at", &OrderPlaced::ordered_at),
                          field("note", &OrderPlaced::note),
                          field_or("channel", &OrderPlaced::channel, Channel::Phone));
  }
  // Says what the old event meant. It may return a Result, for old events that mean nothing.
  static OrderPlaced upcast(OrderPlacedV1&& old) {
    return {.lines = {{std::move(old.product), old.quantity}},
            .ordered_at = old.ordered_on,
            .note = "the time of day is not known"};
  }
};

constexpr const char* kVersion1 = R"({"product":"tea","quantity":2,"ordered_on":"2025-12-31"})";

void show(std::string_view what, std::uint32_t version, std::string_view bytes) {
  const Result<OrderPlaced> event = decode_event<OrderPlaced>(version, bytes);
  std::cout << what << ":\n  " << (event ? to_json(*event).value() : describe(event.error()))
            << '\n';
}

// Skip passes over types of events that this fold does not know, and only over these. An event of
// a type that it knows, in a version that is newer than it knows, fails: guessing would be wrong.
// So deploy first the readers that know the new version, everywhere, and then what writes it.
struct Customer {
  using Events = std::variant<OrderPlaced>;
  static constexpr auto unknown = UnknownEvents::Skip;
  int orders = 0;
  static void apply(Customer& customer, const Events&, const EventInfo&) { ++customer.orders; }
};

void append(EventStore& store, const StreamId& stream, EventToWrite event) {
  const auto written = store.write_events({&event, 1});
  const auto customer = fold_stream<Customer>(store, stream);
  std::cout << "with " << event.type << " version " << event.schema_version << ": ";
  if (!written || !customer) {
    std::cout << describe(!written ? written.error() : customer.error()) << '\n';
  } else {
    std::cout << customer->state.orders << " order(s) in " << customer->version.value
              << " event(s)\n";
  }
}

int main() {
  show("version 1", 1, kVersion1);
  show("a field that nobody knows", 2,
       R"({"lines":[],"ordered_at":"2026-05-01T09:30:00Z","channel":"web","coupon":"MAY"})");
  show("a required field is missing", 2, R"({"lines":[{"product":"tea"}]})");
  show("an enumerator that nobody knows", 2,
       R"({"lines":[],"ordered_at":"2026-05-01T09:30:00Z","channel":"fax"})");

  const std::unique_ptr<EventStore> store = open_memory_store();
  const StreamId ann = StreamId::literal("customer-ann");
  append(*store, ann, {ann, "order_placed", kVersion1, 1});
  append(*store, ann, {ann, "points_earned", R"({"points":5})", 1});
  append(*store, ann, {ann, "order_placed", R"({"basket":[]})", 3});
}
