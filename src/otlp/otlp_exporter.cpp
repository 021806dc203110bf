#include "eventcore/otlp/otlp_exporter.hpp"

#include <utility>

#include "sender_over_forks.hpp"
#include "span_encoder.hpp"

namespace eventcore {
namespace {

class Exporter final : public OtlpExporter {
 public:
  explicit Exporter(detail::OtlpSettings settings) : sender_(std::move(settings)) {}

  void take(std::span<const SpanRecord> spans) noexcept override {
    sender_->put(spans.size(),
                 [&](std::string& batch, std::size_t i) { detail::append_span(batch, spans[i]); });
  }
  OtlpDelivery flush(Deadline deadline) override { return sender_->flush(deadline); }
  OtlpDelivery shutdown(Deadline deadline) override { return sender_->shutdown(deadline); }
  [[nodiscard]] OtlpStats stats() const override { return sender_->stats(); }

 private:
  detail::SenderOverForks sender_;
};

}  // namespace

Result<std::unique_ptr<OtlpExporter>> OtlpExporter::open(const OtlpOptions& options) {
  auto settings = detail::resolve(OtlpSignal::Traces, options, detail::process_environment());
  if (!settings) return settings.error();
  std::optional<detail::OtlpSettings> found = *std::move(settings);
  if (!found) return std::unique_ptr<OtlpExporter>{};
  return std::unique_ptr<OtlpExporter>{std::make_unique<Exporter>(*std::move(found))};
}

std::string_view to_string(OtlpSignal signal) noexcept {
  switch (signal) {
    case OtlpSignal::Traces:
      return "traces";
    case OtlpSignal::Metrics:
      return "metrics";
    case OtlpSignal::Logs:
      break;
  }
  return "logs";
}

std::string_view to_string(OtlpProtocol protocol) noexcept {
  return protocol == OtlpProtocol::Grpc ? "grpc" : "http/protobuf";
}

}  // namespace eventcore
