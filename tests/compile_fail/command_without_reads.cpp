// expect: auto reads\(\) const
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

struct Deposited {
  static constexpr auto describe() { return eventcore::describe_event("deposited", 1); }
};
struct Account {
  using Events = std::variant<Deposited>;
  static void apply(Account&, const Events&, const eventcore::EventInfo&) {}
};
struct Deposit {
  using Event = std::variant<Deposited>;
#ifdef GOOD
  auto reads() const {
    return eventcore::reads(eventcore::stream<Account>(eventcore::StreamId::literal("a")));
  }
#endif
  eventcore::Decision handle(const Account&, eventcore::Emitter<Event>&) const {
    return eventcore::accept();
  }
};

void run(eventcore::CommandExecutor& executor) { static_cast<void>(executor.execute(Deposit{})); }
