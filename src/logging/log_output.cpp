#include "log_output.hpp"

#include <algorithm>
#include <utility>

#include "log_ring.hpp"

namespace eventcore::detail {

namespace {

LogPlace place_of(const LogSite& site) noexcept {
  return {site.level(), site.target(), site.file(), site.line(), site.event(), site.message()};
}

}  // namespace

LogOutput::LogOutput(std::unique_ptr<LogFormatter> formatter, std::shared_ptr<LogSink> sink,
                     LogCounts& errors, LogCounts* records)
    : formatter_(std::move(formatter)),
      sink_(std::move(sink)),
      errors_(&errors),
      records_(records),
      bytes_max_(std::max<std::size_t>(sink_->bytes_max(), 1)),
      places_(256) {}

const std::string& LogOutput::text_of(const LogSite& site) {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = (reinterpret_cast<std::uintptr_t>(&site) / alignof(LogSite)) & mask;
  while (places_[at].site != &site) {
    if (places_[at].site == nullptr) {
      if (places_used_ * 2 >= places_.size()) {  // again from the beginning, with more room
        places_ = std::vector<Place>(places_.size() * 2);
        places_used_ = 0;
        return text_of(site);
      }
      ++places_used_;
      places_[at] = {&site, formatter_->place_text(place_of(site))};
      break;
    }
    at = (at + 1) & mask;
  }
  return places_[at].text;
}

void LogOutput::append(const LogSite& site, const LogRecordView& record) {
  append_line(place_of(site), text_of(site), record);
}

void LogOutput::append(const LogPlace& place, const LogRecordView& record) {
  append_line(place, formatter_->place_text(place), record);
}

void LogOutput::append_line(const LogPlace& place, std::string_view text,
                            const LogRecordView& record) {
  const std::size_t begin = text_.size();
  formatter_->append_line(text_, text, record);
  if (text_.size() > bytes_max_ && begin != 0) {
    // It begins the next batch.
    const std::string line(text_.view().substr(begin));
    text_.shorten(begin);
    hand_over();
    text_.append(line);
  }
  ends_.push_back(text_.size());
  lines_.push_back({{}, place.level, record.time, place.target, place.file, place.line});
}

void LogOutput::hand_over() noexcept {
  if (lines_.empty()) return;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].text = text_.view().substr(begin, ends_[i] - begin - 1);
    begin = ends_[i];
  }
  try {
    sink_->write(lines_, text_.view());
    if (records_ != nullptr) count_up(records_->written, lines_.size());
  } catch (...) {
    count_up(errors_->sink_errors);
    if (records_ != nullptr) count_up(records_->lost, lines_.size());
  }
  lines_.clear();
  ends_.clear();
  text_.clear();
}

void LogOutput::finish(bool flushes) noexcept {
  hand_over();
  if (!flushes) return;
  try {
    sink_->flush();
  } catch (...) {
    count_up(errors_->sink_errors);
  }
}

}  // namespace eventcore::detail
