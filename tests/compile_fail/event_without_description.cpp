// expect: an event needs `static constexpr auto describe
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

using namespace eventcore;

struct Deposited {
#ifdef GOOD
  static constexpr auto describe() { return describe_event("deposited", 1); }
#endif
};
struct Account {
  using Events = std::variant<Deposited>;
  static void apply(Account&, const Events&, const EventInfo&) {}
};
struct Deposit {
  using Event = std::variant<Deposited>;
  StreamId account;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account&, Emitter<Event>& emit) const {
    emit(account, Deposited{});
    return accept();
  }
};

void run(CommandExecutor& executor, const Deposit& deposit) {
  static_cast<void>(executor.execute(deposit));
}
