/// \file
/// What does it cost to encode and to decode a small event? Beside it the same with nlohmann::json
/// through a tree, which is what an application would write first.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "eventcore/codec.hpp"
#include "eventcore/json.hpp"

namespace {

using namespace eventcore;

/// Six fields, 130 bytes of JSON.
struct StockReserved {
  std::string order;
  std::string product;
  std::string warehouse;
  std::int64_t quantity = 0;
  std::int64_t price_cents = 0;
  bool express = false;

  static constexpr auto describe() {
    return describe_event("stock_reserved", 1, field("order", &StockReserved::order),
                          field("product", &StockReserved::product),
                          field("warehouse", &StockReserved::warehouse),
                          field("quantity", &StockReserved::quantity),
                          field("price_cents", &StockReserved::price_cents),
                          field("express", &StockReserved::express));
  }
};

StockReserved sample() {
  return {"order-2024-000536365", "product-85123A", "warehouse-north", 6, 25'500, true};
}

std::string stored() {
  std::string text;
  encode_event(sample(), text).value();
  return text;
}

/// The same fields, the last first and one that nobody knows.
constexpr std::string_view kShuffled =
    R"({"express":true,"trace":{"id":"4bf92f35","flags":[1,2]},"price_cents":25500,)"
    R"("quantity":6,"warehouse":"warehouse-north","product":"product-85123A",)"
    R"("order":"order-2024-000536365"})";

void report_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void json_encode(benchmark::State& state) {
  const StockReserved event = sample();
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!encode_event(event, out)) state.SkipWithError("encode failed");
    benchmark::DoNotOptimize(out.data());
  }
  report_bytes(state, out.size());
}
BENCHMARK(json_encode);

void json_encode_nlohmann(benchmark::State& state) {
  const StockReserved event = sample();
  std::string out;
  for (auto _ : state) {
    nlohmann::ordered_json tree{{"order", event.order},
                                {"product", event.product},
                                {"warehouse", event.warehouse},
                                {"quantity", event.quantity},
                                {"price_cents", event.price_cents},
                                {"express", event.express}};
    out = tree.dump();
    benchmark::DoNotOptimize(out.data());
  }
  report_bytes(state, out.size());
}
BENCHMARK(json_encode_nlohmann);

void json_decode(benchmark::State& state) {
  const std::string text = stored();
  for (auto _ : state) {
    const Result<StockReserved> event = decode_event<StockReserved>(1, text);
    if (!event) state.SkipWithError("decode failed");
    benchmark::DoNotOptimize(event);
  }
  report_bytes(state, text.size());
}
BENCHMARK(json_decode);

void json_decode_shuffled(benchmark::State& state) {
  for (auto _ : state) {
    const Result<StockReserved> event = decode_event<StockReserved>(1, kShuffled);
    if (!event) state.SkipWithError("decode failed");
    benchmark::DoNotOptimize(event);
  }
  report_bytes(state, kShuffled.size());
}
BENCHMARK(json_decode_shuffled);

void json_decode_nlohmann(benchmark::State& state) {
  const std::string text = stored();
  for (auto _ : state) {
    const nlohmann::json tree = nlohmann::json::parse(text);
    const StockReserved event{
        tree.at("order").get<std::string>(),        tree.at("product").get<std::string>(),
        tree.at("warehouse").get<std::string>(),    tree.at("quantity").get<std::int64_t>(),
        tree.at("price_cents").get<std::int64_t>(), tree.at("express").get<bool>()};
    benchmark::DoNotOptimize(event);
  }
  report_bytes(state, text.size());
}
BENCHMARK(json_decode_nlohmann);

}  // namespace
