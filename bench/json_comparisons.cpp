// What does it cost to encode and decode a small event, against a JSON tree?

#include <chrono>
#include <nlohmann/json.hpp>

#include "comparisons.hpp"
#include "eventcore/codec.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

/// Six fields, 130 bytes of JSON.
struct Reserved {
  std::string order;
  std::string product;
  std::string warehouse;
  std::int64_t quantity = 0;
  std::int64_t price_cents = 0;
  bool express = false;

  static constexpr auto describe() {
    return describe_event(
        "reserved", 1, field("order", &Reserved::order), field("product", &Reserved::product),
        field("warehouse", &Reserved::warehouse), field("quantity", &Reserved::quantity),
        field("price_cents", &Reserved::price_cents), field("express", &Reserved::express));
  }
};

const Reserved kEvent{"order-2024-000536365", "product-85123A", "warehouse-north", 6, 25'500, true};
constexpr int kRepeats = 100'000;

template <class Work>
double repeated(Work&& work) {
  std::size_t sink = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRepeats; ++i) sink += work();
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (sink == 0) give_up("nothing was encoded");
  return kRepeats / elapsed;
}

std::string padded_json() {
  std::string text;
  if (!encode_event(kEvent, text)) give_up("the event can't be encoded");
  return text;
}

double decode_ours() {
  std::string text = padded_json();
  const std::size_t size = text.size();
  text.resize(size + limits::kPayloadPadding);
  const std::string_view payload = std::string_view(text).substr(0, size);
  return repeated([&] { return decode_event<Reserved>(1, payload)->order.size(); });
}

double decode_tree() {
  const std::string text = padded_json();
  return repeated([&] {
    const nlohmann::json tree = nlohmann::json::parse(text);
    const Reserved event{tree.at("order"),    tree.at("product"),     tree.at("warehouse"),
                         tree.at("quantity"), tree.at("price_cents"), tree.at("express")};
    return event.order.size();
  });
}

double encode_ours() {
  std::string text;
  return repeated([&] {
    text.clear();
    static_cast<void>(encode_event(kEvent, text));
    return text.size();
  });
}

double encode_tree() {
  return repeated([] {
    nlohmann::json tree;
    tree["order"] = kEvent.order;
    tree["product"] = kEvent.product;
    tree["warehouse"] = kEvent.warehouse;
    tree["quantity"] = kEvent.quantity;
    tree["price_cents"] = kEvent.price_cents;
    tree["express"] = kEvent.express;
    return tree.dump().size();
  });
}

}  // namespace

std::vector<Comparison> json_comparisons() {
  return {
      {"json, decode",
       "a small event into its struct",
       {"decode_event", decode_ours},
       {"nlohmann::json tree", decode_tree},
       8,
       12},
      {"json, encode",
       "a struct into its stored form",
       {"encode_event", encode_ours},
       {"nlohmann::json tree", encode_tree},
       10,
       20},
  };
}

}  // namespace eventcore::bench
