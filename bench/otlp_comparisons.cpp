// What does it cost to send spans to a collector, and what when there is none?

#include <chrono>
#include <memory>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "comparisons.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "eventcore/sqlite_store.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "scratch_store.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSpans = 512;

/// Accepts everything at once.
class Discard final : public OtlpTransport {
 public:
  OtlpReply send(std::string_view, Deadline) override {
    return {.kind = OtlpReply::Kind::Accepted};
  }
  void interrupt() noexcept override {}
  void abandon() noexcept override {}
};
std::unique_ptr<OtlpTransport> make_discard(const OtlpTarget&) {
  return std::make_unique<Discard>();
}

/// Spans of three attributes, as those of commands are.
class MadeSpans {
 public:
  MadeSpans() {
    for (std::size_t i = 0; i < kSpans; ++i) {
      SpanRecord record;
      record.name = "execute";
      record.context.trace_id.fill(static_cast<std::uint8_t>(i));
      record.context.span_id.fill(static_cast<std::uint8_t>(i + 1));
      record.context.flags = 1;
      record.parent_id.fill(7);
      record.start = system_clock().wall();
      record.end = record.start + std::chrono::microseconds(120);
      record.attributes = attributes_;
      records_.push_back(record);
    }
  }
  [[nodiscard]] std::span<const SpanRecord> get() const noexcept { return records_; }

 private:
  std::vector<SpanAttribute> attributes_ = {{"command.type", std::string_view("PlaceOrder")},
                                            {"events.count", std::int64_t{3}},
                                            {"command.success", true}};
  std::vector<SpanRecord> records_;
};

/// Spans a second that `take` encodes and queues, 512 at a time.
double our_encoding() {
  const MadeSpans spans;
  const auto exporter = OtlpExporter::open({.endpoint = "http://localhost:4317",
                                            .protocol = OtlpProtocol::Grpc,
                                            .grpc = &make_discard,
                                            .queue_max = 1'000'000})
                            .value();
  constexpr int kRounds = 400;
  std::chrono::nanoseconds spent{};
  for (int i = 0; i < kRounds; ++i) {
    const auto began = std::chrono::steady_clock::now();
    exporter->take(spans.get());
    spent += std::chrono::steady_clock::now() - began;
    static_cast<void>(exporter->flush({}));
  }
  if (exporter->stats().exported != kRounds * kSpans) give_up("spans were dropped");
  return kRounds * kSpans / std::chrono::duration<double>(spent).count();
}

/// The same bytes with a writer for each message, which moves what it has written.
void write_span(protozero::pbf_writer& batch, const SpanRecord& span) {
  const auto bytes = [](const auto& id) { return reinterpret_cast<const char*>(id.data()); };
  protozero::pbf_writer message(batch, 2);
  message.add_bytes(1, bytes(span.context.trace_id), 16);
  message.add_bytes(2, bytes(span.context.span_id), 8);
  message.add_bytes(4, bytes(span.parent_id), 8);
  message.add_string(5, span.name.data(), span.name.size());
  message.add_enum(6, static_cast<std::int32_t>(span.kind));
  message.add_fixed64(7, static_cast<std::uint64_t>(span.start.time_since_epoch().count()));
  message.add_fixed64(8, static_cast<std::uint64_t>(span.end.time_since_epoch().count()));
  for (const SpanAttribute& attribute : span.attributes) {
    protozero::pbf_writer pair(message, 9);
    pair.add_string(1, attribute.key.data(), attribute.key.size());
    protozero::pbf_writer value(pair, 2);
    if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
      value.add_string(1, text->data(), text->size());
    } else if (const auto* whole = std::get_if<std::int64_t>(&attribute.value)) {
      value.add_int64(3, *whole);
    } else {
      value.add_bool(2, std::get<bool>(attribute.value));
    }
  }
  message.add_fixed32(16, span.context.flags);
}

double plain_protozero() {
  const MadeSpans spans;
  constexpr int kRounds = 400;
  std::string batch;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    batch.clear();
    protozero::pbf_writer writer(batch);
    for (const SpanRecord& span : spans.get()) write_span(writer, span);
    asm volatile("" : : "r"(batch.data()) : "memory");
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began;
  return kRounds * kSpans / spent.count();
}

class NoSink final : public SpanSink {
 public:
  void take(std::span<const SpanRecord>) noexcept override {}
};

/// Nobody listens there: connections are refused at once.
constexpr const char* kDeadCollector = "http://127.0.0.1:1";

std::shared_ptr<SpanSink> sink_for(bool dead_collector) {
  if (!dead_collector) return std::make_shared<NoSink>();
  return OtlpExporter::open({.endpoint = kDeadCollector,
                             .exit_timeout = milliseconds(0),
                             .report = [](std::string_view) {}})
      .value();
}

/// Commands for a second of CPU time; each is a span of three attributes.
double traced_commands(bool dead_collector) {
  constexpr int kCommands = 200'000;
  const std::vector<StreamId>& ids = stream_ids("account-", 1'024);
  const std::unique_ptr<EventStore> store = open_memory_store({});
  CommandExecutor executor(*store, {});
  auto tracer = install_tracer({.sinks = {sink_for(dead_collector)}}).value();
  const NextTwo next = uniform_pairs(ids);
  std::mt19937_64 random(1);
  const auto run = [&](int commands) {
    const double began = cpu_seconds();
    for (int i = 0; i < commands; ++i) {
      Span span("execute");
      span.attribute("command.type", "transfer");
      span.attribute("command.number", i);
      const auto result = executor.execute(next(random));
      if (!result) give_up(describe(result.error()));
      span.attribute("command.success", true);
    }
    static_cast<void>(tracer->flush({}));
    return commands / (cpu_seconds() - began);
  };
  run(50'000);  // fills the queue: that is the state of an outage
  return run(kCommands);
}

}  // namespace

std::vector<Comparison> otlp_comparisons() {
  return {
      {"otlp, encoding a span, against 300 ns",
       "OtlpExporter::take: three attributes, encoded and queued",
       {"OtlpExporter::take", our_encoding},
       costs(300),
       1},
      {"otlp, encoding a span, against protozero's writer",
       "the same against a pbf_writer for each message, without a queue",
       {"OtlpExporter::take", our_encoding},
       {"pbf_writer", plain_protozero},
       1},
      {"otlp, CPU of a traced command without a collector",
       "commands in memory, a span each: a collector that is away against no exporter",
       {"collector away", [] { return traced_commands(true); }},
       {"no exporter", [] { return traced_commands(false); }},
       0.98},
  };
}

}  // namespace eventcore::bench
