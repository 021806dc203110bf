#pragma once

/// \file
/// A small bank: the domain of the executor's tests.

#include <functional>
#include <string>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

namespace bank {

using namespace eventcore;

struct Opened {
  std::string owner;
  static constexpr auto describe() {
    return describe_event("opened", 1, field("owner", &Opened::owner));
  }
};

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
  using Events = std::variant<Opened, Deposited, Withdrawn>;
  bool open = false;
  std::int64_t balance = 0;
  std::uint64_t events = 0;

  static void apply(Account& account, const Events& event, const EventInfo& info) {
    account.events = info.version.value;
    if (std::holds_alternative<Opened>(event)) account.open = true;
    if (const auto* in = std::get_if<Deposited>(&event)) account.balance += in->amount;
    if (const auto* out = std::get_if<Withdrawn>(&event)) account.balance -= out->amount;
  }
  friend bool operator==(const Account&, const Account&) = default;
};

/// Another view of the same stream.
struct Turnover {
  using Events = std::variant<Deposited, Withdrawn>;
  using Ignores = std::tuple<Opened>;
  std::int64_t total = 0;

  static void apply(Turnover& turnover, const Events& event, const EventInfo&) {
    std::visit([&](const auto& moved) { turnover.total += moved.amount; }, event);
  }
};

/// Runs inside `handle`, so that a test can act between read and append.
using Interlude = std::function<void(const Account&)>;

struct Deposit {
  static constexpr std::string_view name = "deposit";
  using Event = std::variant<Deposited>;
  StreamId account;
  std::int64_t amount = 0;
  Interlude interlude = {};

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account& state, Emitter<Event>& emit) const {
    if (interlude) interlude(state);
    if (amount < 0) return reject("negative_amount", "deposits are positive");
    if (amount > 0) emit(account, Deposited{amount});
    return accept();
  }
};

struct Transfer {
  static constexpr std::string_view name = "transfer";
  using Event = std::variant<Deposited, Withdrawn>;
  StreamId from;
  StreamId to;
  std::int64_t amount = 0;
  Interlude interlude = {};

  auto reads() const { return eventcore::reads(stream<Account>(from), stream<Account>(to)); }
  Decision handle(const Account& source, const Account&, Emitter<Event>& emit) const {
    if (interlude) interlude(source);
    if (source.balance < amount) return reject("insufficient_funds");
    emit(from, Withdrawn{amount});
    emit(to, Deposited{amount});
    return accept();
  }
};

inline StreamId account(int number) {
  return StreamId::parse("account-" + std::to_string(number)).value();
}

/// Appends a deposit behind the executor's back.
inline void deposit_directly(EventStore& store, const StreamId& to, std::int64_t amount) {
  const EventToWrite event{.stream = to,
                           .type = "deposited",
                           .payload = *to_json(Deposited{amount}),
                           .headers = {},
                           .expected = ExpectedVersion::any()};
  const Result<WriteResult> written = store.write_events({&event, 1});
  EVENTCORE_ASSERT(written, "the store takes the event");
}

/// The balance as the store's events have it.
inline std::int64_t stored_balance(EventStore& store, const StreamId& of) {
  const Result<EventPage> page = store.read_stream(of);
  EVENTCORE_ASSERT(page, "the stream can be read");
  std::int64_t balance = 0;
  for (const StoredEvent& event : page->events) {
    if (event.type == "deposited") {
      balance += decode_event<Deposited>(event.schema_version, event.payload)->amount;
    } else if (event.type == "withdrawn") {
      balance -= decode_event<Withdrawn>(event.schema_version, event.payload)->amount;
    }
  }
  return balance;
}

}  // namespace bank
