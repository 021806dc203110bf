#pragma once

/// \file
/// A *command* is a plain struct that says what it reads and decides what happens.
///
/// The smallest one:
///
///     struct Deposit {
///       static constexpr std::string_view name = "deposit";   // optional, else `Deposit`
///       using Event = std::variant<Deposited>;                // what it emits
///       StreamId account;
///       std::int64_t amount;
///
///       auto reads() const { return eventcore::reads(eventcore::stream<Account>(account)); }
///
///       Decision handle(const Account& state, Emitter<Event>& emit) const {
///         if (amount <= 0) return reject("not_positive");
///         emit(account, Deposited{amount});
///         return accept();
///       }
///     };
///
/// `handle` and `discover` are pure and may run several times: no I/O, no clock, no randomness.
/// `discover(same states…, Discovery&) const` is optional; see reads.hpp. The usual mistake is to
/// decide on data that is not read here: it may be stale when the events are stored.
///
/// `name` is stored with every batch and belongs to its idempotency key: give a command one before
/// it goes into production, and keep it when the struct is renamed.

#include <concepts>
#include <exception>
#include <string_view>
#include <type_traits>

#include "eventcore/decision.hpp"
#include "eventcore/detail/type_name.hpp"
#include "eventcore/emitter.hpp"
#include "eventcore/limits.hpp"
#include "eventcore/reads.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

namespace detail {

template <class T>
struct IsReads : std::false_type {};
template <class... Parts>
struct IsReads<Reads<Parts...>> : std::true_type {};

template <class C>
concept HasEvent = requires { typename C::Event; } && EncodableVariant<typename C::Event>;
template <class C>
concept HasReads = requires(const C& command) {
  command.reads();
  requires IsReads<decltype(command.reads())>::value;
};

template <class C>
struct RejectionTrait {
  using Type = Rejection;
};
template <class C>
  requires requires { typename C::Rejection; }
struct RejectionTrait<C> {
  using Type = typename C::Rejection;
};

template <class C, class R>
struct Handles;
template <class C, class... Parts>
struct Handles<C, Reads<Parts...>> {
  using Expected = BasicDecision<typename RejectionTrait<C>::Type>;
  static constexpr bool value = requires(const C& command, Emitter<typename C::Event>& emit) {
    {
      command.handle(std::declval<typename Parts::Argument>()..., emit)
    } -> std::convertible_to<Expected>;
  };
  static constexpr bool discovers = requires(const C& command, Discovery& more) {
    command.discover(std::declval<typename Parts::Argument>()..., more);
  };
};

template <class C>
using ReadsOf = decltype(std::declval<const C&>().reads());

template <class C>
concept HasHandle = HasEvent<C> && HasReads<C> && Handles<C, ReadsOf<C>>::value;

template <class C>
concept NamesDiscover = requires { &C::discover; };

template <class Part>
concept IsDiscoveredPart = requires { Part::kDiscovered; };
template <class Reads>
struct HasDiscovered;
template <class... Parts>
struct HasDiscovered<Reads<Parts...>> : std::bool_constant<(IsDiscoveredPart<Parts> || ...)> {};

/// For the branches that `explain_command` has refused already.
template <class T>
[[noreturn]] Result<T> no_result() noexcept {
  std::terminate();
}

/// Explains what a type lacks to be a command, one sentence each.
template <class C>
constexpr void explain_command() {
  static_assert(HasEvent<C>,
                "eventcore: a command needs `using Event = std::variant<...>;` of described events "
                "with a codec (include <eventcore/json.hpp>)");
  static_assert(
      HasReads<C>,
      "eventcore: a command needs `auto reads() const` that returns eventcore::reads(...)");
  if constexpr (HasEvent<C> && HasReads<C>) {
    static_assert(HasHandle<C>,
                  "eventcore: a command needs `Decision handle(<one argument for each part of "
                  "reads()>, Emitter<Event>&) const`; the table in reads.hpp lists the arguments");
    if constexpr (NamesDiscover<C>) {
      static_assert(Handles<C, ReadsOf<C>>::discovers,
                    "eventcore: `discover` takes the states that `handle` takes, then Discovery&, "
                    "and is const");
    }
    constexpr bool kDiscovers = NamesDiscover<C> || Handles<C, ReadsOf<C>>::discovers;
    static_assert(kDiscovers || !HasDiscovered<ReadsOf<C>>::value,
                  "eventcore: reads() has discovered<F>(), but the command has no `discover(same "
                  "arguments as handle's without the emitter, Discovery&) const`");
    static_assert(!kDiscovers || HasDiscovered<ReadsOf<C>>::value,
                  "eventcore: the command has `discover`, but reads() has no discovered<F>() for "
                  "what it finds");
  }
}

template <class C>
constexpr std::string_view command_name() {
  if constexpr (requires {
                  { C::name } -> std::convertible_to<std::string_view>;
                }) {
    static_assert(!std::string_view(C::name).empty() &&
                      std::string_view(C::name).size() <= limits::kTypeNameBytes,
                  "eventcore: a command's name has 1 to 128 bytes");
    return C::name;
  } else {
    return type_name<C>();
  }
}

}  // namespace detail

/// Holds for structs that a `CommandExecutor` can execute.
template <class C>
concept Command = detail::HasHandle<C> && std::movable<C>;

/// The type of a command's refusals: its `Rejection`, else `eventcore::Rejection`.
template <class C>
using RejectionOf = typename detail::RejectionTrait<C>::Type;

/// The name of a command in events, metrics, logs and spans: its `name`, else its unqualified type.
template <class C>
inline constexpr std::string_view command_type = detail::command_name<C>();

}  // namespace eventcore
