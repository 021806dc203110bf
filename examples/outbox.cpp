// An outbox: each order is announced to a system outside, in order and at least once. The answer to
// one message is lost, so it comes again, and the receiver knows its id.

#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "eventcore/memory_store.hpp"
#include "eventcore/outbox.hpp"
#include "eventcore/projection_runner.hpp"

using namespace eventcore;

// Somebody else's service. It keeps the ids of what it has.
class Warehouse {
 public:
  void announce(const std::string& id, std::string_view order) {
    const bool known = !ids_.insert(id).second;
    std::cout << (known ? "known already: " : "new: ") << order << '\n';
  }

 private:
  std::set<std::string> ids_;
};

class Announcements final : public Outbox {
 public:
  explicit Announcements(Warehouse& warehouse)
      : Outbox({.name = "announcements", .filter = EventFilter().type("order_placed")}),
        warehouse_(warehouse) {}

 protected:
  Result<void> deliver(const OutboxMessage& message) override {
    warehouse_.announce(message.id, message.event.stream);
    if (message.event.stream == "order-2" && message.attempt == 1) {
      return make_error(ErrorCode::HandlerFailed, "the answer is lost");
    }
    return {};
  }

 private:
  Warehouse& warehouse_;
};

Result<void> run() {
  const std::unique_ptr<EventStore> store = open_memory_store();
  for (const char* order : {"order-1", "order-2", "order-3"}) {
    const EventToWrite event{StreamId::parse(order).value(), "order_placed", "{}"};
    if (auto written = store->write_events({&event, 1}); !written) return written.error();
  }
  Warehouse warehouse;
  auto runner = ProjectionRunner::open(*store, std::make_shared<Announcements>(warehouse));
  if (!runner) return runner.error();
  return (*runner)->drain();
}

int main() {
  const Result<void> result = run();
  if (!result) std::cout << describe(result.error()) << '\n';
}
