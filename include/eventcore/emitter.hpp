#pragma once

/// \file
/// `Emitter`: how `handle` says which events are to be stored where.

#include <concepts>
#include <variant>

#include "eventcore/detail/boundary.hpp"
#include "eventcore/stream_id.hpp"

namespace eventcore {

namespace detail {
template <class E, class V>
struct IsAlternative : std::false_type {};
template <class E, class... Es>
struct IsAlternative<E, std::variant<Es...>> : std::bool_constant<(std::same_as<E, Es> || ...)> {};
}  // namespace detail

/// Emits events of set V. A stream that the command does not read, an event that the stream's fold
/// does not know, or a value that can't be encoded fails the command: nothing is stored.
/// Thread-safety: Confined to its creating thread.
template <class V>
class Emitter {
  static_assert(detail::ExplainedEvents<V>::value);

 public:
  explicit Emitter(detail::EmissionSink& sink) : sink_(sink) {}

  /// Adds `event` to the end of `stream`. Events are stored in the order of these calls.
  template <class E>
  void operator()(const StreamId& stream, const E& event) {
    emit(stream, event, nullptr);
  }
  /// The same with headers beside those of `ExecuteOptions`; these win.
  template <class E>
  void operator()(const StreamId& stream, const E& event, const Headers& headers) {
    emit(stream, event, &headers);
  }

 private:
  template <class E>
  void emit(const StreamId& stream, const E& event, const Headers* headers) {
    static_assert(detail::IsAlternative<E, V>::value,
                  "eventcore: the command emits an event that its `Event` variant does not list");
    if constexpr (detail::IsAlternative<E, V>::value) {
      sink_.emit(stream, detail::emitted_type<E>, &event, headers);
    }
  }

  detail::EmissionSink& sink_;
};

}  // namespace eventcore
