#include "eventcore/otlp/otlp_logs_exporter.hpp"

#include <optional>
#include <utility>

#include "../otlp/sender_over_forks.hpp"
#include "log_encoder.hpp"

namespace eventcore {
namespace {

class LogsExporter final : public OtlpLogsExporter {
 public:
  explicit LogsExporter(detail::OtlpSettings settings) : sender_(std::move(settings)) {}

  std::unique_ptr<detail::LogFormatter> make_formatter(
      std::vector<std::string> redacted_keys) const override {
    return detail::make_otlp_formatter(std::move(redacted_keys));
  }
  void write(std::span<const LogLine> lines, std::string_view) override {
    sender_->put(lines.size(), [&](std::string& batch, std::size_t i) { batch += lines[i].text; });
  }
  bool deliver(Deadline deadline) override { return sender_->flush(deadline).complete(); }
  OtlpDelivery shutdown(Deadline deadline) override { return sender_->shutdown(deadline); }
  [[nodiscard]] OtlpStats stats() const override { return sender_->stats(); }

 private:
  detail::SenderOverForks sender_;
};

}  // namespace

Result<std::shared_ptr<OtlpLogsExporter>> OtlpLogsExporter::open(const OtlpOptions& options) {
  auto settings = detail::resolve(OtlpSignal::Logs, options, detail::process_environment());
  if (!settings) return settings.error();
  std::optional<detail::OtlpSettings> found = *std::move(settings);
  if (!found) return std::shared_ptr<OtlpLogsExporter>{};
  return std::shared_ptr<OtlpLogsExporter>{std::make_shared<LogsExporter>(*std::move(found))};
}

}  // namespace eventcore
