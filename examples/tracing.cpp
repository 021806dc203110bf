// A request, the command that it leads to, and the projection that reads its events, as spans: here
// printed, in production given to an exporter.

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/tracing/http_spans.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "eventcore/tracing/tracing_probe.hpp"

using namespace eventcore;

struct Reserved {
  std::int64_t pieces = 0;
  static constexpr auto describe() {
    return describe_event("reserved", 1, field("pieces", &Reserved::pieces));
  }
};

struct Product {
  using Events = std::variant<Reserved>;
  std::int64_t reserved = 0;
  static void apply(Product& product, const Events& event, const EventInfo&) {
    product.reserved += std::get<Reserved>(event).pieces;
  }
};

struct Reserve {
  static constexpr std::string_view name = "reserve";
  using Event = std::variant<Reserved>;
  StreamId product;
  std::int64_t pieces = 0;

  auto reads() const { return eventcore::reads(stream<Product>(product)); }
  Decision handle(const Product& state, Emitter<Event>& emit) const {
    Span span("check stock");  // part of the command
    span.attribute("shop.reserved", state.reserved);
    emit(product, Reserved{pieces});
    return accept();
  }
};

class Count final : public EventProjector {
 public:
  Count() : EventProjector({.name = "count"}) {}

 protected:
  Result<void> apply_stored(const StoredEvent&, const ProjectionContext&) override { return {}; }
};

/// Prints the names of spans and how many links they have, below what they are part of.
class PrintingSink final : public SpanSink {
 public:
  void take(std::span<const SpanRecord> spans) noexcept override {
    for (const SpanRecord& span : spans) {
      seen_.push_back({std::string(span.name), span.context.span_id, span.parent_id, span.start,
                       span.links.size()});
    }
  }
  void print(std::array<std::uint8_t, 8> parent = {}, int depth = 0) {
    std::stable_sort(seen_.begin(), seen_.end(),
                     [](const Seen& a, const Seen& b) { return a.start < b.start; });
    for (const Seen& one : seen_) {
      if (one.parent != parent) continue;
      std::cout << std::string(static_cast<std::size_t>(2 * depth), ' ') << one.name;
      if (one.links > 0) std::cout << ", links: " << one.links;
      std::cout << '\n';
      print(one.id, depth + 1);
    }
  }

 private:
  struct Seen {
    std::string name;
    std::array<std::uint8_t, 8> id{};
    std::array<std::uint8_t, 8> parent{};
    Timestamp start;
    std::size_t links = 0;
  };
  std::vector<Seen> seen_;
};

int main() {
  const auto printer = std::make_shared<PrintingSink>();
  auto tracer = install_tracer({.sampler = Sampler::ratio(1.0).parent_based(), .sinks = {printer}});
  if (!tracer) return 1;

  const auto tracing = tracing_probe({.db_system = "memory"});
  const auto store = open_memory_store({.probe = tracing});
  CommandExecutor executor(*store, {.probe = tracing});

  const std::multimap<std::string, std::string> headers{
      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  {
    HttpServerSpan request({.method = "POST", .target = "/reservations"},
                           [&](std::string_view name) {
                             std::vector<std::string_view> values;
                             const auto [begin, end] = headers.equal_range(std::string(name));
                             for (auto header = begin; header != end; ++header)
                               values.push_back(header->second);
                             return values;
                           });
    const auto result = executor.execute(Reserve{StreamId::parse("product-7").value(), 3});
    request.response(result ? 201 : 503);
  }

  ProjectionRunnerOptions options;
  options.probe = tracing_projection_probe();
  auto runner = ProjectionRunner::open(*store, std::make_shared<Count>(), options);
  if (!runner || !(*runner)->drain()) return 1;

  const SpanReport report = (*tracer)->shutdown(Deadline::after(std::chrono::seconds(5)));
  printer->print({0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31});  // whose parent is elsewhere
  printer->print();
  std::cout << report.delivered << " spans, " << report.lost << " lost\n";
}
