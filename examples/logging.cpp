// Structured logging: the records of commands, records of one's own, and what they have in common.
//
//   logging            writes JSON lines to standard error
//   EVENTCORE_LOG=debug,app=off EVENTCORE_LOG_FORMAT=text logging

#include <eventcore/command_executor.hpp>
#include <eventcore/json.hpp>
#include <eventcore/logging/log.hpp>
#include <eventcore/logging/logging.hpp>
#include <eventcore/logging/logging_probe.hpp>
#include <eventcore/memory_store.hpp>
#include <iostream>

using namespace eventcore;

namespace {

struct Reserved {
  std::int64_t seats = 0;
  static constexpr auto describe() {
    return describe_event("reserved", 1, field("seats", &Reserved::seats));
  }
};

struct Hall {
  using Events = std::variant<Reserved>;
  std::int64_t free = 5;
  static void apply(Hall& hall, const Reserved& event, const EventInfo&) {
    hall.free -= event.seats;
  }
  static void apply(Hall& hall, const Events& event, const EventInfo& info) {
    std::visit([&](const auto& one) { apply(hall, one, info); }, event);
  }
};

struct Reserve {
  static constexpr std::string_view name = "reserve";
  using Event = std::variant<Reserved>;
  std::int64_t seats = 0;

  auto reads() const { return eventcore::reads(stream<Hall>(StreamId::literal("hall-1"))); }
  Decision handle(const Hall& hall, Emitter<Event>& emit) const {
    // Carries the command as its span, and the correlation id.
    EVENTCORE_LOG_INFO("Seats asked for", field("seats", seats), field("free", hall.free));
    if (seats > hall.free) return reject("sold_out");
    emit(StreamId::literal("hall-1"), Reserved{seats});
    return accept();
  }
};

}  // namespace

int main() {
  if (const auto ready = init_logging("info", ""); !ready) {
    std::cerr << ready.error().message << '\n';
    return 2;
  }
  const auto log = std::make_shared<LoggingProbe>();
  const auto store = open_memory_store({.probe = log});
  CommandExecutor executor(*store, {.probe = log});

  int reserved = 0;
  for (const std::int64_t seats : {2, 2, 2}) {
    const auto result = executor.execute(Reserve{seats}, {.correlation_id = "request-7"});
    if (result && result->committed()) ++reserved;
  }

  // While it runs: less of the library, more of this program.
  ignore_error(set_log_filter("error,app=trace"), "the filter is right");
  EVENTCORE_LOG_DEBUG("Evening over", field("reservations", reserved));
  flush_log(Deadline::after(std::chrono::seconds(1)));
  std::cout << reserved << " reservations\n";
}
