// The file format of baselines: docs/reference/baseline-format.md.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>
#include <utility>

#include "eventcore/monitor/baseline.hpp"

namespace eventcore::monitor {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr Better kBetter[] = {Better::Lower, Better::Higher, Better::Neither};

/// A rule of the format that a file breaks.
struct Broken {
  std::string what;
};

void require(bool holds, const char* what) {
  if (!holds) throw Broken{what};
}

const json& member(const json& object, const char* name) {
  if (!object.contains(name)) throw Broken{std::string("there is no \"") + name + '"'};
  return object.at(name);
}

BaselineMeasure parse_measure(const json& object) {
  BaselineMeasure measure;
  measure.name = member(object, "name").get<std::string>();
  require(!measure.name.empty(), "a measure has no name");
  const auto better = member(object, "better").get<std::string>();
  bool is_known = false;
  for (const Better candidate : kBetter) {
    if (to_string(candidate) != better) continue;
    measure.better = candidate;
    is_known = true;
  }
  require(is_known, "\"better\" is lower, higher or neither");
  measure.level_min = member(object, "level_min").get<double>();
  require(measure.level_min > 0 && std::isfinite(measure.level_min), "\"level_min\" is above 0");
  const json& samples = member(object, "samples");
  require(samples.is_array() && samples.size() <= kBaselineSamplesMax,
          "\"samples\" is a list of at most 10,000 numbers");
  for (const json& sample : samples) {
    measure.samples.push_back(sample.is_null() ? std::nan("") : sample.get<double>());
  }
  return measure;
}

Baseline parse(const json& object) {
  require(object.is_object() && object.contains("eventcore-baseline"),
          "there is no \"eventcore-baseline\"");
  if (object.at("eventcore-baseline").get<int>() != kVersion) {
    throw Broken{"its format is of version " + object.at("eventcore-baseline").dump() +
                 ", and this program reads version 1"};
  }
  Baseline baseline;
  baseline.name = member(object, "name").get<std::string>();
  baseline.source = member(object, "source").get<std::string>();
  baseline.recorded_at =
      Timestamp{std::chrono::nanoseconds{member(object, "recorded_unix_ns").get<std::int64_t>()}};
  baseline.interval = std::chrono::nanoseconds{member(object, "interval_ns").get<std::int64_t>()};
  require(baseline.interval.count() >= 0, "\"interval_ns\" is below 0");
  const json& measures = member(object, "measures");
  require(measures.is_array() && measures.size() <= kBaselineMeasuresMax,
          "\"measures\" is a list of at most 100");
  for (const json& measure : measures) {
    BaselineMeasure parsed = parse_measure(measure);
    require(baseline.find(parsed.name) == nullptr, "a measure is there twice");
    baseline.measures.push_back(std::move(parsed));
  }
  return baseline;
}

Error unwritable(const std::filesystem::path& path, int reason) {
  return make_error(ErrorCode::Unavailable, "can't write '" + path.string() +
                                                "': " + std::generic_category().message(reason));
}

/// Writes all of `text`; returns 0 or errno.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0 ? 0 : errno;
}

}  // namespace

Result<Baseline> parse_baseline(std::string_view text) {
  try {
    return parse(json::parse(text));
  } catch (const Broken& broken) {
    return make_error(ErrorCode::InvalidArgument, "not a baseline: " + broken.what);
  } catch (const json::parse_error&) {
    return make_error(ErrorCode::InvalidArgument, "not a baseline: it is cut off, or no JSON");
  } catch (const json::exception&) {
    return make_error(ErrorCode::InvalidArgument, "not a baseline: a value has the wrong type");
  }
}

std::string to_json(const Baseline& baseline) {
  ordered_json object{{"eventcore-baseline", kVersion},
                      {"name", baseline.name},
                      {"source", baseline.source},
                      {"recorded_unix_ns", baseline.recorded_at.time_since_epoch().count()},
                      {"interval_ns", baseline.interval.count()},
                      {"measures", ordered_json::array()}};
  for (const BaselineMeasure& measure : baseline.measures) {
    ordered_json samples = ordered_json::array();
    for (const double sample : measure.samples) {
      samples.push_back(std::isfinite(sample) ? ordered_json(sample) : ordered_json(nullptr));
    }
    object["measures"].push_back({{"name", measure.name},
                                  {"better", to_string(measure.better)},
                                  {"level_min", measure.level_min},
                                  {"samples", std::move(samples)}});
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

Result<Baseline> read_baseline(const std::filesystem::path& path) {
  const auto refused = [&](const std::string& why) {
    return make_error(ErrorCode::InvalidArgument, "'" + path.string() + "': " + why);
  };
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path, problem)) return refused("there is no such file");
  if (std::filesystem::file_size(path, problem) > kBaselineBytesMax || problem) {
    return refused("it is too large for a baseline");
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return refused("it can't be read");
  Result<Baseline> parsed = parse_baseline(text.str());
  if (!parsed) return refused(parsed.error().message);
  return parsed;
}

Result<void> write_baseline(const Baseline& baseline, const std::filesystem::path& path) {
  // A name of its own beside the file: whoever reads sees the former one or the new one.
  std::string name = path.string() + ".XXXXXX";
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return unwritable(path, errno);
  int reason = write_all(file, to_json(baseline));
  if (reason == 0 && fchmod(file, 0644) != 0) reason = errno;
  close(file);
  if (reason == 0 && std::rename(name.c_str(), path.c_str()) != 0) reason = errno;
  if (reason == 0) return {};
  unlink(name.c_str());
  return unwritable(path, reason);
}

}  // namespace eventcore::monitor
