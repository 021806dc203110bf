#pragma once

/// \file
/// What a command reads: its consistency boundary.
///
/// `reads()` of a command lists folds over streams; `handle` gets one argument for each, in order:
///
/// | in `reads(...)`                | argument of `handle`   | meaning                            |
/// |--------------------------------|------------------------|------------------------------------|
/// | `stream<F>(id)`                | `const F&`             | one stream                         |
/// | `maybe<F>(optional_id)`        | `const F*`             | one stream or none                 |
/// | `streams<F>(ids)`              | `const Folds<F>&`      | one fold for each of several       |
/// | `discovered<F>()`              | `const Folds<F>&`      | streams that `discover` finds      |
/// | `merged<F>(ids)`               | `const F&`             | one fold over all, in log order    |
///
/// Every stream read is checked when the command's events are stored, also those only read, and a
/// command may emit only to streams that it reads. The usual mistake is `merged` where `streams`
/// would do: a merged fold can't be cached. Example: examples/discover.cpp.

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "eventcore/detail/boundary.hpp"
#include "eventcore/fold.hpp"
#include "eventcore/stream_id.hpp"

namespace eventcore {

/// Folds over several streams. Views the running command: valid inside `handle` and `discover`.
/// What a list names twice is one stream: both entries are its state before the command.
template <Fold F>
class Folds {
 public:
  /// Goes over the folds in order.
  class Iterator {
   public:
    using value_type = F;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const detail::BoundaryView* at, const detail::BoundaryView* end, std::uint32_t group)
        : at_(at), end_(end), group_(group) {
      skip_others();
    }
    const F& operator*() const noexcept { return *static_cast<const F*>(at_->state.get()); }
    const F* operator->() const noexcept { return &**this; }
    Iterator& operator++() noexcept {
      ++at_;
      skip_others();
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    void skip_others() noexcept {
      while (at_ != end_ && at_->group != group_) ++at_;
    }

    const detail::BoundaryView* at_ = nullptr;
    const detail::BoundaryView* end_ = nullptr;
    std::uint32_t group_ = 0;
  };

  Folds(const detail::Boundary& boundary, std::uint32_t group)
      : boundary_(&boundary), group_(group), size_(boundary.view_count(group)) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// The fold over the stream at `index` of the list given to `streams`, which may repeat ids.
  /// Requires: `index < size()`.
  [[nodiscard]] const F& operator[](std::size_t index) const {
    return *static_cast<const F*>(view(index).state.get());
  }
  /// Which stream `(*this)[index]` folds. Requires: `index < size()`.
  [[nodiscard]] const StreamId& stream(std::size_t index) const {
    return boundary_->streams[view(index).stream].id;
  }
  /// The fold over `stream`, or null if the command does not read it through F.
  [[nodiscard]] const F* find(const StreamId& stream) const noexcept {
    const detail::BoundaryView* view = boundary_->find_view(stream, group_);
    return view == nullptr ? nullptr : static_cast<const F*>(view->state.get());
  }
  [[nodiscard]] Iterator begin() const noexcept { return {views_begin(), views_end(), group_}; }
  [[nodiscard]] Iterator end() const noexcept { return {views_end(), views_end(), group_}; }

 private:
  [[nodiscard]] const detail::BoundaryView& view(std::size_t index) const {
    const detail::BoundaryView* found = boundary_->view_at(group_, index);
    EVENTCORE_ASSERT(found != nullptr, "Folds: index past the end");
    return *found;
  }
  [[nodiscard]] const detail::BoundaryView* views_begin() const noexcept {
    return boundary_->views.data();
  }
  [[nodiscard]] const detail::BoundaryView* views_end() const noexcept {
    return boundary_->views.data() + boundary_->views.size();
  }

  const detail::Boundary* boundary_;
  std::uint32_t group_;
  std::size_t size_;
};

/// Given to `discover`: asks for more streams. Streams that are already read change nothing.
class Discovery {
 public:
  explicit Discovery(const std::vector<const detail::FoldType*>& groups) : groups_(groups) {}

  /// Reads `id` too; its fold joins the argument for `discovered<F>()`.
  /// Requires: the command's `reads()` contains `discovered<F>()`.
  template <Fold F>
  void stream(const StreamId& id) {
    request(id, detail::fold_type<F>);
  }

  /// Adds what was asked for and is not read yet. For the executor, once `discover` is over.
  void add_to(detail::Boundary& boundary) const;

 private:
  struct Request {
    StreamId id;
    const detail::FoldType* fold;
    std::uint32_t group;
  };

  void request(const StreamId& id, const detail::FoldType& fold);

  const std::vector<const detail::FoldType*>& groups_;  // null where not discovered
  std::vector<Request> requests_;
};

namespace detail {

template <class F>
struct StreamRead {
  using Argument = const F&;
  StreamId id;
  void declare(Boundary& boundary, std::uint32_t group) {
    boundary.add(std::move(id), fold_type<F>, group, false);
  }
  static const F& argument(const Boundary& boundary, std::uint32_t group) {
    return *static_cast<const F*>(boundary.view_at(group, 0)->state.get());
  }
};

template <class F>
struct MaybeRead {
  using Argument = const F*;
  std::optional<StreamId> id;
  void declare(Boundary& boundary, std::uint32_t group) {
    if (id) boundary.add(*std::move(id), fold_type<F>, group, false);
  }
  static const F* argument(const Boundary& boundary, std::uint32_t group) {
    const BoundaryView* view = boundary.view_at(group, 0);
    return view == nullptr ? nullptr : static_cast<const F*>(view->state.get());
  }
};

template <class F>
struct StreamsRead {
  using Argument = Folds<F>;
  std::vector<StreamId> ids;
  void declare(Boundary& boundary, std::uint32_t group) {
    for (StreamId& id : ids) boundary.add(std::move(id), fold_type<F>, group, false);
  }
  static Folds<F> argument(const Boundary& boundary, std::uint32_t group) {
    return {boundary, group};
  }
};

template <class F>
struct DiscoveredRead {
  using Argument = Folds<F>;
  static constexpr const FoldType* kDiscovered = &fold_type<F>;
  void declare(Boundary&, std::uint32_t) {}
  static Folds<F> argument(const Boundary& boundary, std::uint32_t group) {
    return {boundary, group};
  }
};

template <class F>
struct MergedRead {
  using Argument = const F&;
  std::vector<StreamId> ids;
  void declare(Boundary& boundary, std::uint32_t group) {
    for (StreamId& id : ids) boundary.add_merged(std::move(id), fold_type<F>, group);
  }
  static const F& argument(const Boundary& boundary, std::uint32_t group) {
    static const F kEmpty{};
    const BoundaryView* view = boundary.view_at(group, 0);
    return view == nullptr ? kEmpty : *static_cast<const F*>(view->state.get());
  }
};

}  // namespace detail

/// The reads of a command; made by `reads(...)`.
template <class... Parts>
class Reads {
 public:
  explicit Reads(Parts... parts) : parts_(std::move(parts)...) {}

  /// Moves all streams to `boundary`. Once.
  void declare(detail::Boundary& boundary) {
    std::apply(
        [&](Parts&... part) {
          std::uint32_t group = 0;
          (part.declare(boundary, group++), ...);
        },
        parts_);
  }

  /// Calls `function` with one argument for each part.
  template <class Function>
  static decltype(auto) call(const detail::Boundary& boundary, Function&& function) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return std::forward<Function>(function)(
          Parts::argument(boundary, static_cast<std::uint32_t>(I))...);
    }(std::index_sequence_for<Parts...>{});
  }

  /// The folds of discovered groups, by group; null for the others.
  static const std::vector<const detail::FoldType*>& discovered_groups() {
    static const std::vector<const detail::FoldType*> kGroups{discovered_fold<Parts>()...};
    return kGroups;
  }

 private:
  template <class Part>
  static constexpr const detail::FoldType* discovered_fold() {
    if constexpr (requires { Part::kDiscovered; }) {
      return Part::kDiscovered;
    } else {
      return nullptr;
    }
  }

  std::tuple<Parts...> parts_;
};

/// The boundary of a command; see the table above.
template <class... Parts>
[[nodiscard]] Reads<Parts...> reads(Parts... parts) {
  return Reads<Parts...>(std::move(parts)...);
}

/// Folds one stream.
template <class F>
[[nodiscard]] detail::StreamRead<F> stream(StreamId id) {
  detail::explain_fold<F>();
  return {std::move(id)};
}
/// Folds one stream or none.
template <class F>
[[nodiscard]] detail::MaybeRead<F> maybe(std::optional<StreamId> id) {
  detail::explain_fold<F>();
  return {std::move(id)};
}
/// Folds each of several streams.
template <class F>
[[nodiscard]] detail::StreamsRead<F> streams(std::vector<StreamId> ids) {
  detail::explain_fold<F>();
  return {std::move(ids)};
}
/// Folds the streams that the command's `discover` asks for.
template <class F>
[[nodiscard]] detail::DiscoveredRead<F> discovered() {
  detail::explain_fold<F>();
  return {};
}
/// Folds all events of several streams into one state, in log order.
template <class F>
[[nodiscard]] detail::MergedRead<F> merged(std::vector<StreamId> ids) {
  detail::explain_fold<F>();
  return {std::move(ids)};
}

}  // namespace eventcore
