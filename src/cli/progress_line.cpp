#include "progress_line.hpp"

namespace eventcore::cli {

ProgressLine::ProgressLine(Console& console, std::string_view verb, std::string_view noun)
    : console_(console), verb_(verb), noun_(noun) {}

void ProgressLine::update(std::uint64_t done, std::uint64_t total) {
  if (!console_.shows_progress()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  const std::uint64_t percent =
      total == 0 ? 100
                 : static_cast<std::uint64_t>(100.0L * static_cast<long double>(done) /
                                              static_cast<long double>(total));
  console_.progress(verb_ + ": " + grouped(done) + " of " + grouped(total) + " " + noun_ + ", " +
                    std::to_string(percent) + " %");
}

}  // namespace eventcore::cli
