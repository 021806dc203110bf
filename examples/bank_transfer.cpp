// Moves money between two accounts: two streams, changed together or not at all.

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;

// Events: what happened, and how it is stored.
struct Deposited {
  std::int64_t cents = 0;
  static constexpr auto describe() {
    return describe_event("deposited", 1, field("cents", &Deposited::cents));
  }
};
struct Withdrawn {
  std::int64_t cents = 0;
  static constexpr auto describe() {
    return describe_event("withdrawn", 1, field("cents", &Withdrawn::cents));
  }
};

// A fold: what commands know of one account.
struct Account {
  using Events = std::variant<Deposited, Withdrawn>;
  std::int64_t balance = 0;

  static void apply(Account& account, const Events& event, const EventInfo&) {
    if (const auto* in = std::get_if<Deposited>(&event)) account.balance += in->cents;
    if (const auto* out = std::get_if<Withdrawn>(&event)) account.balance -= out->cents;
  }
};

// Commands: what they read, and what they decide.
struct Deposit {
  static constexpr std::string_view name = "deposit";
  using Event = std::variant<Deposited>;
  StreamId account;
  std::int64_t cents = 0;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }

  Decision handle(const Account&, Emitter<Event>& emit) const {
    if (cents <= 0) return reject("not_positive");
    emit(account, Deposited{cents});
    return accept();
  }
};

struct Transfer {
  static constexpr std::string_view name = "transfer";
  using Event = std::variant<Deposited, Withdrawn>;
  StreamId from;
  StreamId to;
  std::int64_t cents = 0;

  auto reads() const { return eventcore::reads(stream<Account>(from), stream<Account>(to)); }

  Decision handle(const Account& source, const Account&, Emitter<Event>& emit) const {
    if (cents <= 0) return reject("not_positive");
    if (source.balance < cents) {
      return reject("insufficient_funds", "the balance is " + std::to_string(source.balance));
    }
    emit(from, Withdrawn{cents});
    emit(to, Deposited{cents});
    return accept();
  }
};

template <class C>
void report(const Result<ExecutedWith<RejectionOf<C>>>& result) {
  if (!result) {
    std::cout << command_type<C> << " failed: " << describe(result.error()) << '\n';
  } else if (result->rejected()) {
    std::cout << command_type<C> << " was refused: " << result->rejection()->code.view() << ", "
              << result->rejection()->message << '\n';
  } else {
    std::cout << command_type<C> << " stored " << result->event_count()
              << " event(s), the last at position " << result->position().value << '\n';
  }
}

int main() {
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor(*store);
  const StreamId alice = StreamId::literal("account-alice");
  const StreamId bob = StreamId::literal("account-bob");

  report<Deposit>(executor.execute(Deposit{alice, 100}));
  report<Transfer>(executor.execute(Transfer{alice, bob, 70}));
  report<Transfer>(executor.execute(Transfer{alice, bob, 70}));
}
