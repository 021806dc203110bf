#pragma once

/// \file
/// `CoroutineSpan`: a span of a coroutine, current where the coroutine runs and nowhere else.
///
///     CoroutineSpan span("transfer");
///     auto transfer = executor.run(Transfer{alice, bob, 70});
///     auto result = co_await span.across(transfer);
///
/// A plain `Span` would stay current on the thread that the coroutine left. Every `co_await` that
/// may suspend goes through `across` of the innermost span.

#include <coroutine>
#include <string>
#include <type_traits>
#include <utility>

#include "eventcore/tracing/span.hpp"

namespace eventcore {

/// Thread-safety: One thread at a time, that on which the coroutine runs. Cost: that of `Span`, and
/// a copy of the correlation id.
class CoroutineSpan {
 public:
  /// `outer` is the coroutine's span around it, if there is one.
  explicit CoroutineSpan(std::string_view name, SpanOptions options = {},
                         CoroutineSpan* outer = nullptr);
  CoroutineSpan(const CoroutineSpan&) = delete;
  CoroutineSpan& operator=(const CoroutineSpan&) = delete;

  [[nodiscard]] Span& span() noexcept { return span_; }
  [[nodiscard]] const TraceContext& context() const noexcept { return span_.context(); }

  /// What to wait for instead of `awaitable`, which must live until then. Leaves the thread while
  /// the coroutine is suspended, with all spans around it.
  template <class Awaitable>
  [[nodiscard]] auto across(Awaitable& awaitable) noexcept {
    return Crossing<Awaitable>(*this, awaitable);
  }

 private:
  template <class Awaitable>
  static decltype(auto) awaiter_of(Awaitable& awaitable) {
    if constexpr (requires { awaitable.operator co_await(); }) {
      return awaitable.operator co_await();
    } else if constexpr (requires { operator co_await(awaitable); }) {
      return operator co_await(awaitable);
    } else {
      return static_cast<Awaitable&>(awaitable);
    }
  }

  template <class Awaitable>
  class Crossing {
   public:
    Crossing(CoroutineSpan& span, Awaitable& awaitable) noexcept
        : span_(span), awaiter_(awaiter_of(awaitable)) {}

    [[nodiscard]] bool await_ready() { return awaiter_.await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> waiting) {
      // Before: the coroutine may be resumed elsewhere, and this object gone, while it is called.
      // What is begun here belongs to the span all the same.
      const TraceContext own = span_.context();
      span_.leave();
      has_left_ = true;
      const TraceScope scope(own);
      return awaiter_.await_suspend(waiting);
    }
    decltype(auto) await_resume() {
      if (has_left_) span_.enter();
      return awaiter_.await_resume();
    }

   private:
    CoroutineSpan& span_;
    decltype(awaiter_of(std::declval<Awaitable&>())) awaiter_;
    bool has_left_ = false;
  };

  void leave() noexcept;
  void enter() noexcept;

  const std::string correlation_id_;
  Span span_;
  CoroutineSpan* const outer_;
};

}  // namespace eventcore
