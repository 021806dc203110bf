#pragma once

// Options and variables, resolved: what an exporter works with.
//
// The rules are those of OpenTelemetry's specification: a variable of one signal wins over the
// general one, an empty variable is as good as none, and one that can't be read is passed over with
// a warning.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/otlp/otlp_options.hpp"
#include "eventcore/result.hpp"

namespace eventcore::detail {

/// Looks a variable up; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The environment of this process.
[[nodiscard]] Environment process_environment();

/// What an exporter of one signal needs to know.
struct OtlpSettings {
  OtlpTarget target;
  OtlpTransportFactory transport = nullptr;
  std::vector<ResourceAttribute> resource;  ///< By key.
  std::size_t queue_max = 0;
  std::size_t batch_max = 0;
  std::size_t queue_bytes_max = 0;
  std::chrono::milliseconds delay{};
  std::chrono::milliseconds retry_min{};
  std::chrono::milliseconds retry_max{};
  std::chrono::milliseconds exit_timeout{};
  std::function<void(std::string_view)> report;  ///< Never empty.
};

/// The settings of `signal`; nothing if it is not to be exported. Errors: InvalidArgument.
[[nodiscard]] Result<std::optional<OtlpSettings>> resolve(OtlpSignal signal,
                                                          const OtlpOptions& options,
                                                          const Environment& environment);

/// `text` without user and password of a URL, for messages.
[[nodiscard]] std::string without_credentials(std::string_view url);

/// A duration in milliseconds, a whole number. Warns and gives nothing if it is none.
[[nodiscard]] std::optional<std::chrono::milliseconds> milliseconds_of(
    const Environment& environment, std::string_view name,
    const std::function<void(std::string_view)>& report);

/// `k=v,k2=v2` with values in percent-encoding, of headers and of resource attributes; nothing if
/// it has another form.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_pairs(
    std::string_view text);

}  // namespace eventcore::detail
