#pragma once

// Spans to send, and what is found in requests.

#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "eventcore/tracing/span_record.hpp"

namespace eventcore::testing {

/// A span of three attributes. `number` makes its ids.
class MadeSpan {
 public:
  explicit MadeSpan(std::uint64_t number, std::string name = "append")
      : name_(std::move(name)),
        attributes_{{"command.type", std::string_view("PlaceOrder")},
                    {"events.count", static_cast<std::int64_t>(number)},
                    {"command.success", true}} {
    record_.name = name_;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto byte = static_cast<std::uint8_t>((number + 1) >> (8 * i));
      record_.context.trace_id[i] = record_.context.span_id[i] = byte;
    }
    record_.context.flags = 1;
    record_.start = Timestamp(std::chrono::nanoseconds(1'700'000'000'000'000'000));
    record_.end = record_.start + std::chrono::microseconds(250);
    record_.attributes = attributes_;
  }
  MadeSpan(const MadeSpan&) = delete;
  MadeSpan& operator=(const MadeSpan&) = delete;

  [[nodiscard]] SpanRecord& record() noexcept { return record_; }

 private:
  std::string name_;
  std::vector<SpanAttribute> attributes_;
  SpanRecord record_;
};

/// Gives `count` spans to `sink`, one by one.
inline void give(SpanSink& sink, std::size_t count, std::uint64_t first = 0) {
  for (std::size_t i = 0; i < count; ++i) {
    MadeSpan span(first + i, "span " + std::to_string(first + i));
    sink.take({&span.record(), 1});
  }
}

/// The names of all spans of an `ExportTraceServiceRequest`. Throws: it is none.
inline std::vector<std::string> names_in(const std::string& body) {
  std::vector<std::string> names;
  protozero::pbf_reader request(body);
  while (request.next(1)) {
    protozero::pbf_reader resource_spans = request.get_message();
    while (resource_spans.next(2)) {
      protozero::pbf_reader scope_spans = resource_spans.get_message();
      while (scope_spans.next(2)) {
        protozero::pbf_reader span = scope_spans.get_message();
        while (span.next(5)) names.push_back(span.get_string());
      }
    }
  }
  return names;
}

}  // namespace eventcore::testing
