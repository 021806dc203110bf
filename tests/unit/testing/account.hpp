#pragma once

// A bank account: the smallest domain that has a rule to break.

#include <cstdint>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"

namespace eventcore::testing::bank {

struct Deposited {
  std::int64_t amount = 0;
  static constexpr auto describe() {
    return describe_event("deposited", 1, field("amount", &Deposited::amount));
  }
};

struct Withdrawn {
  std::int64_t amount = 0;
  static constexpr auto describe() {
    return describe_event("withdrawn", 1, field("amount", &Withdrawn::amount));
  }
};

struct Account {
  using Events = std::variant<Deposited, Withdrawn>;
  std::int64_t balance = 0;
  static void apply(Account& account, const Events& event, const EventInfo&) {
    if (const auto* deposited = std::get_if<Deposited>(&event))
      account.balance += deposited->amount;
    if (const auto* withdrawn = std::get_if<Withdrawn>(&event))
      account.balance -= withdrawn->amount;
  }
};

struct Withdraw {
  static constexpr std::string_view name = "withdraw";
  using Event = std::variant<Withdrawn>;
  StreamId account;
  std::int64_t amount = 0;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account& state, Emitter<Event>& emit) const {
    if (amount < 0) return fail("a negative amount");
    if (amount > state.balance) return reject("not_enough");
    if (amount > 0) emit(account, Withdrawn{amount});
    return accept();
  }
};

/// Breaks the rule of commands: it decides on a balance that was read some time before.
struct WithdrawTrusting {
  static constexpr std::string_view name = "withdraw_trusting";
  using Event = std::variant<Withdrawn>;
  StreamId account;
  std::int64_t amount = 0;
  std::int64_t balance_seen = 0;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account&, Emitter<Event>& emit) const {
    if (amount > balance_seen) return reject("not_enough");
    emit(account, Withdrawn{amount});
    return accept();
  }
};

}  // namespace eventcore::testing::bank
