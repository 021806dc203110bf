#pragma once

/// \file
/// A *fold* is what commands know of one stream: a struct that its events are applied to.
///
/// The smallest one:
///
///     struct Account {
///       using Events = std::variant<Opened, Deposited>;
///       std::int64_t balance = 0;
///       static void apply(Account& account, const Events& event, const eventcore::EventInfo&);
///     };
///
/// `apply` is pure: the same events give the same state, so states are cached and shared by all
/// commands. It sees neither position nor time, which do not exist before the commit. The usual
/// mistake is to leave out an event type that lives on the stream: that is `UnknownEventType`
/// unless `using Ignores = std::tuple<…>` lists it. `static constexpr auto unknown =
/// UnknownEvents::Skip;` skips all others, for rolling deploys; such streams are not cached. It
/// skips types and not versions: a newer version of a type in `Events` still fails, so deploy the
/// readers that know it before what writes it. Example: examples/schema_evolution.cpp.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "eventcore/codec.hpp"
#include "eventcore/describe.hpp"
#include "eventcore/detail/type_name.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/headers.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// What `apply` may know of an event beside its content.
struct EventInfo {
  std::string_view stream;
  StreamVersion version;
  std::string_view encoded_headers;

  /// The event's headers. Errors: DecodeFailed.
  [[nodiscard]] Result<Headers> headers() const { return Headers::decode(encoded_headers); }
};

/// What to do with events of types that a fold neither applies nor ignores.
enum class UnknownEvents : std::uint8_t { Fail, Skip };

/// Holds for structs that events of one stream can be folded into; see the example above.
template <class F>
concept Fold = std::default_initializable<F> && std::copyable<F> &&
               requires { typename F::Events; } && EventVariant<typename F::Events> &&
               requires(F& state, const typename F::Events& event, const EventInfo& info) {
                 { F::apply(state, event, info) } -> std::same_as<void>;
               };

namespace detail {

/// Says what a type lacks to be a fold, one sentence each.
template <class F>
constexpr void explain_fold() {
  static_assert(
      requires { typename F::Events; },
      "eventcore: a fold needs `using Events = std::variant<...>;` of described events");
  if constexpr (requires { typename F::Events; }) {
    static_assert(ExplainedEvents<typename F::Events>::value);
    static_assert(
        requires(F& state, const typename F::Events& event, const EventInfo& info) {
          { F::apply(state, event, info) } -> std::same_as<void>;
        },
        "eventcore: a fold needs `static void apply(F& state, const Events& event, const "
        "EventInfo& info)`");
  }
  static_assert(std::default_initializable<F> && std::copyable<F>,
                "eventcore: a fold is default-constructible and copyable");
}

/// Distinguishes event structs at run time by its address.
template <class E>
inline constexpr char event_tag = 0;

inline constexpr int kUnknownEvent = -1;
inline constexpr int kIgnoredEvent = -2;

/// A fold without its type: what the compiled executor needs. Identified by its address.
struct FoldType {
  std::string_view name;
  std::size_t bytes;
  bool skips_unknown;
  std::shared_ptr<void> (*make)();
  std::shared_ptr<void> (*copy)(const void* state);
  /// The alternative of `Events` with the stored name, kIgnoredEvent or kUnknownEvent.
  int (*alternative)(std::string_view type_name) noexcept;
  /// Decodes the event as that alternative and applies it. May throw what user code throws.
  Result<void> (*apply_stored)(void* state, int alternative, const StoredEvent& event);
  /// Applies an event that is still a C++ object; false if it is no alternative of `Events`.
  bool (*apply_emitted)(void* state, const void* tag, const void* event, const EventInfo& info);
  /// Null for folds without `==`.
  bool (*equal)(const void* a, const void* b);
};

template <class F>
constexpr bool skips_unknown() {
  if constexpr (requires { F::unknown; }) {
    return F::unknown == UnknownEvents::Skip;
  } else {
    return false;
  }
}

template <class Tuple>
struct IgnoredNames;
template <class... Es>
struct IgnoredNames<std::tuple<Es...>> {
  static constexpr bool contains(std::string_view name) {
    return ((event_name<Es> == name) || ...);
  }
};

template <class F>
constexpr bool ignores(std::string_view name) {
  if constexpr (requires { typename F::Ignores; }) {
    return IgnoredNames<typename F::Ignores>::contains(name);
  } else {
    static_cast<void>(name);
    return false;
  }
}

template <Fold F>
struct FoldOperations {
  using Events = typename F::Events;

  static std::shared_ptr<void> make() { return std::make_shared<F>(); }
  static std::shared_ptr<void> copy(const void* state) {
    return std::make_shared<F>(*static_cast<const F*>(state));
  }
  static int alternative(std::string_view name) noexcept {
    if (const auto index = index_of_event<Events>(name)) return static_cast<int>(*index);
    return ignores<F>(name) ? kIgnoredEvent : kUnknownEvent;
  }
  template <std::size_t I>
  static Result<void> apply_alternative(F& state, const StoredEvent& event) {
    using E = std::variant_alternative_t<I, Events>;
    Result<E> decoded = decode_event<E>(event.schema_version, event.payload);
    if (!decoded) return std::move(decoded).error();
    F::apply(state, Events(std::in_place_index<I>, *std::move(decoded)),
             EventInfo{event.stream, event.version, event.headers});
    return {};
  }
  static Result<void> apply_stored(void* state, int alternative, const StoredEvent& event) {
    using Apply = Result<void> (*)(F&, const StoredEvent&);
    static constexpr auto kTable = []<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<Apply, sizeof...(I)>{&apply_alternative<I>...};
    }(std::make_index_sequence<std::variant_size_v<Events>>{});
    return kTable[static_cast<std::size_t>(alternative)](*static_cast<F*>(state), event);
  }
  static bool apply_emitted(void* state, const void* tag, const void* event,
                            const EventInfo& info) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (apply_if<I>(*static_cast<F*>(state), tag, event, info) || ...);
    }(std::make_index_sequence<std::variant_size_v<Events>>{});
  }
  template <std::size_t I>
  static bool apply_if(F& state, const void* tag, const void* event, const EventInfo& info) {
    using E = std::variant_alternative_t<I, Events>;
    if (tag != &event_tag<E>) return false;
    F::apply(state, Events(std::in_place_index<I>, *static_cast<const E*>(event)), info);
    return true;
  }
};

template <Fold F>
constexpr auto equality_of() -> bool (*)(const void*, const void*) {
  // Containers claim to be comparable whatever they hold.
  if constexpr (std::equality_comparable<F> && !requires { typename F::value_type; }) {
    return [](const void* a, const void* b) {
      return *static_cast<const F*>(a) == *static_cast<const F*>(b);
    };
  } else {
    return nullptr;
  }
}

template <Fold F>
inline constexpr FoldType fold_type{type_name<F>(),
                                    sizeof(F),
                                    skips_unknown<F>(),
                                    &FoldOperations<F>::make,
                                    &FoldOperations<F>::copy,
                                    &FoldOperations<F>::alternative,
                                    &FoldOperations<F>::apply_stored,
                                    &FoldOperations<F>::apply_emitted,
                                    equality_of<F>()};

}  // namespace detail
}  // namespace eventcore
