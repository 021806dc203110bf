#pragma once

/// \file
/// `fold_stream`: the state of a stream outside of commands, by the same folds.
///
///     Result<Folded<Account>> account = fold_stream<Account>(*store, id);
///     if (account) std::cout << account->state.balance;
///
/// It is for questions: to answer a request, to look around in a test. The usual mistake is to
/// decide on it: what a command decides on, it names in its `reads()`, so that it is checked.

#include <utility>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/fold.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// A fold and the number of events in it.
template <class F>
struct Folded {
  F state{};
  StreamVersion version{};
};

namespace detail {
/// Applies the events of `stream` after `version` to `state`. Returns the version reached.
[[nodiscard]] Result<StreamVersion> fold_stream(EventStore& store, const StreamId& stream,
                                                const FoldType& fold, void* state,
                                                StreamVersion version, Deadline deadline);
}  // namespace detail

/// The present state of `stream`; version 0 if it has no events. Only events that `known` does not
/// hold are read. Blocking: for reads. Errors: those of a read, DecodeFailed, UnknownEventType
/// (names stream and position), HandlerFailed (`apply` threw).
template <class F>
[[nodiscard]] Result<Folded<F>> fold_stream(EventStore& store, const StreamId& stream,
                                            Folded<F> known = {}, Deadline deadline = {}) {
  detail::explain_fold<F>();
  Result<StreamVersion> reached = detail::fold_stream(store, stream, detail::fold_type<F>,
                                                      &known.state, known.version, deadline);
  if (!reached) return std::move(reached).error();
  known.version = *reached;
  return known;
}

}  // namespace eventcore
