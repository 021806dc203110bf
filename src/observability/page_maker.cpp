#include "page_maker.hpp"

#include <algorithm>
#include <array>

#include "eventcore/observability/prometheus_protobuf.hpp"
#include "gzip.hpp"
#include "text_page.hpp"

namespace eventcore::observability::detail {
namespace {

/// Smaller pages fit into a packet anyway.
constexpr std::size_t kGzipMinBytes = 1'024;

constexpr std::array<std::string_view, 4> kHistogramEndings{"_bucket", "_sum", "_count",
                                                            "_created"};

bool is_called(const MetricDescription& description, std::string_view name) {
  if (name == description.name) return true;
  const std::string_view family = openmetrics_name(description);
  if (!name.starts_with(family)) return false;
  const std::string_view ending = name.substr(family.size());
  switch (description.kind) {
    case MetricKind::Counter:
      return ending.empty() || ending == "_created";
    case MetricKind::Histogram:
      return std::find(kHistogramEndings.begin(), kHistogramEndings.end(), ending) !=
             kHistogramEndings.end();
    case MetricKind::Info:
      return ending.empty();
    case MetricKind::Gauge:
      break;
  }
  return false;
}

/// The families that may be meant by `names`; `keep_named` then knows.
std::vector<std::string> candidates(const std::vector<std::string>& names) {
  std::vector<std::string> families;
  for (const std::string& name : names) {
    families.insert(families.end(), {name, name + "_total", name + "_info"});
    for (const std::string_view ending : kHistogramEndings) {
      if (!name.ends_with(ending)) continue;
      const std::string stem = name.substr(0, name.size() - ending.size());
      families.insert(families.end(), {stem, stem + "_total"});
    }
  }
  return families;
}

std::string body_of(const MetricsSnapshot& snapshot, PageFormat format) {
  if (format == PageFormat::Protobuf) return prometheus_protobuf(snapshot);
  return page_text(snapshot, format == PageFormat::PrometheusText ? TextFormat::Prometheus
                                                                  : TextFormat::OpenMetrics);
}

}  // namespace

void keep_named(MetricsSnapshot& snapshot, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::erase_if(snapshot.families, [&](const FamilySnapshot& family) {
    return std::none_of(names.begin(), names.end(), [&](std::string_view name) {
      return is_called(*family.description, name);
    });
  });
}

PageMaker::Form PageMaker::form_of(const ScrapeRequest& request) {
  Form form{negotiate_format(request.accept), accepts_gzip(request.accept_encoding), request.names};
  std::sort(form.names.begin(), form.names.end());
  form.names.erase(std::unique(form.names.begin(), form.names.end()), form.names.end());
  return form;
}

MetricsPage PageMaker::make(const Form& form) const {
  const Instant began = clock_.now();
  MetricsSnapshot snapshot = registry_.snapshot(
      {.names = candidates(form.names), .native = form.format == PageFormat::Protobuf});
  keep_named(snapshot, form.names);
  MetricsPage page{content_type(form.format), {}, body_of(snapshot, form.format)};
  if (form.gzip && page.body.size() >= kGzipMinBytes) {
    if (auto compressed = gzip(page.body)) {
      page.body = *std::move(compressed);
      page.content_encoding = "gzip";
    }
  }
  made_.record(clock_.now() - began);
  return page;
}

SharedPage PageMaker::page(const ScrapeRequest& request) {
  Form form = form_of(request);
  eventcore::detail::MutexLock lock(mutex_);
  for (;;) {
    const auto same = std::find_if(under_way_.begin(), under_way_.end(),
                                   [&](const auto& other) { return other->form == form; });
    if (same == under_way_.end()) break;
    const std::shared_ptr<Making> making = *same;
    ++making->waiting;
    while (!making->is_over) over_.wait(lock);
    if (making->page != nullptr) return {making->page, true};
  }
  const auto making = std::make_shared<Making>();
  making->form = std::move(form);
  under_way_.push_back(making);
  lock.unlock();
  try {
    auto page = std::make_shared<MetricsPage>(make(making->form));
    const bool is_shared = finish(*making, page);
    return {std::move(page), is_shared};
  } catch (...) {
    finish(*making, nullptr);
    throw;
  }
}

bool PageMaker::finish(Making& making, std::shared_ptr<MetricsPage> page) {
  const eventcore::detail::MutexLock lock(mutex_);
  making.is_over = true;
  making.page = std::move(page);
  std::erase_if(under_way_, [&](const auto& other) { return other.get() == &making; });
  over_.notify_all();
  return making.waiting > 0;
}

std::size_t PageMaker::waiting() const {
  const eventcore::detail::MutexLock lock(mutex_);
  std::size_t count = 0;
  for (const auto& making : under_way_) count += making->waiting;
  return count;
}

}  // namespace eventcore::observability::detail
