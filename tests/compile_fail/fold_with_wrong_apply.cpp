// expect: a fold needs `static void apply
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

using namespace eventcore;

struct Deposited {
  static constexpr auto describe() { return describe_event("deposited", 1); }
};
struct Account {
  using Events = std::variant<Deposited>;
#ifdef GOOD
  static void apply(Account&, const Events&, const EventInfo&) {}
#else
  void apply(const Events&, const EventInfo&) {}
#endif
};
struct Deposit {
  using Event = std::variant<Deposited>;
  StreamId account;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account&, Emitter<Event>&) const { return accept(); }
};

void run(CommandExecutor& executor, const Deposit& deposit) {
  static_cast<void>(executor.execute(deposit));
}
