#include "eventcore/logging/logging.hpp"

#include <utility>

#include "log_core.hpp"

namespace eventcore {

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::Text;
  if (text == "json") return LogFormat::Json;
  return make_error(ErrorCode::InvalidArgument,
                    "unknown log format '" + std::string(text) + "'; use text or json");
}

Result<void> init_logging(LoggingOptions options) {
  return detail::LogCore::instance().init(std::move(options));
}

Result<void> init_logging(std::string_view level, std::string_view format) {
  LoggingOptions options;
  options.filter = level;
  options.format = format;
  return init_logging(std::move(options));
}

Result<void> set_log_filter(std::string_view filter) {
  return detail::LogCore::instance().set_filter(filter);
}

std::string log_filter() { return detail::LogCore::instance().filter(); }

LogFlush flush_log(Deadline deadline) { return detail::LogCore::instance().flush(deadline); }

LogStats log_stats() { return detail::LogCore::instance().stats(); }

}  // namespace eventcore
