#pragma once

/// \file
/// The consistency boundary of one command without its types: streams, folds over them, and what
/// was emitted. Filled by the typed shell (reads.hpp, emitter.hpp), used by the executor.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "eventcore/execution_result.hpp"
#include "eventcore/fold.hpp"
#include "eventcore/headers.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"
#include "eventcore/stream_id.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore::detail {

struct StreamSlot;

inline constexpr std::uint32_t kNone = 0xffff'ffff;

/// A stream of the boundary.
struct BoundaryStream {
  BoundaryStream(StreamId name, bool found_by_discovery)
      : id(std::move(name)), discovered(found_by_discovery) {}

  StreamId id;
  bool discovered = false;
  bool merged = false;  ///< Read whole and in log order, never from a cache.
  bool gathered = false;
  std::uint32_t first_view = kNone;  ///< Its views, linked by `next_of_stream`.
  std::uint32_t emitted = 0;
  StreamVersion basis;         ///< The version that is decided on.
  StreamSlot* slot = nullptr;  ///< The executor's, pinned while an attempt lasts.
  AppendNodePtr based_on;      ///< The queued append that `basis` counts on; null: committed.
};

/// One fold over one stream, or over all streams of a merged group.
struct BoundaryView {
  std::uint32_t stream = 0;
  std::uint32_t group = 0;  ///< Index of the argument of `handle`.
  std::uint32_t next_of_stream = kNone;
  const FoldType* fold = nullptr;
  bool merged = false;
  bool discovered = false;
  bool cacheable = true;
  StreamVersion version;              ///< Of `state` while it is being gathered.
  std::shared_ptr<const void> state;  ///< What `handle` sees: the fold at the stream's basis.
  std::shared_ptr<void> next;         ///< A copy under work: what was read or emitted, applied.
  std::shared_ptr<const void> check;  ///< A cached state that is folded anew and compared.
  StreamVersion check_version;
};

/// A stream of a merged group.
struct MergedMember {
  std::uint32_t stream = 0;
  std::uint32_t view = 0;
};

/// Streams and folds of one attempt. Thread-safety: One thread at a time.
class Boundary {
 public:
  /// Adds a fold over a stream; the stream itself is added once.
  void add(StreamId stream, const FoldType& fold, std::uint32_t group, bool discovered);
  /// Adds a stream to the merged group; the group has one state.
  void add_merged(StreamId stream, const FoldType& fold, std::uint32_t group);
  [[nodiscard]] std::optional<std::uint32_t> find_stream(const StreamId& id) const noexcept {
    return find_stream(id.view(), id.hash());
  }
  /// Requires: `hash` is that of a `StreamId` with this text.
  [[nodiscard]] std::optional<std::uint32_t> find_stream(std::string_view id,
                                                         std::uint64_t hash) const noexcept;
  /// The view of `group` over `stream`, or null.
  [[nodiscard]] const BoundaryView* find_view(const StreamId& stream,
                                              std::uint32_t group) const noexcept;
  /// The view of `group` at `index` in the order of declaration, or null.
  [[nodiscard]] const BoundaryView* view_at(std::uint32_t group, std::size_t index) const noexcept;
  [[nodiscard]] std::size_t view_count(std::uint32_t group) const noexcept;

  void clear() noexcept;

  std::vector<BoundaryStream> streams;
  std::vector<BoundaryView> views;
  std::vector<MergedMember> members;

 private:
  std::uint32_t add_stream(StreamId id, bool discovered);
  void index_stream(std::uint32_t stream);

  std::vector<std::uint32_t> table_;  // open addressing over `streams`, once they are many
};

/// An event type without its C++ type.
struct EmittedType {
  std::string_view name;
  std::uint32_t version;
  const void* tag;
  Result<void> (*encode)(const void* event, std::string& out);
};

template <Encodable E>
inline constexpr EmittedType emitted_type{event_name<E>, event_version<E>, &event_tag<E>,
                                          [](const void* event, std::string& out) {
                                            return encode_event(*static_cast<const E*>(event), out);
                                          }};

/// Where emitted events go: into the batch, and applied to the states of the boundary. The first
/// error is kept; what is emitted after it is dropped.
class EmissionSink {
 public:
  /// Requires: the streams of `batch` are those of `boundary`, in the same order.
  EmissionSink(Boundary& boundary, WriteBatch& batch, const Headers& headers)
      : boundary_(boundary), batch_(batch), common_headers_(headers) {}

  void emit(const StreamId& stream, const EmittedType& type, const void* event,
            const Headers* headers);
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  Result<void> try_emit(const StreamId& stream, const EmittedType& type, const void* event,
                        const Headers* headers);
  Result<void> apply(BoundaryView& view, const BoundaryStream& stream, const EmittedType& type,
                     const void* event);
  Result<void> encode_headers(const Headers* headers);

  Boundary& boundary_;
  WriteBatch& batch_;
  const Headers& common_headers_;
  std::string encoded_headers_;
  std::optional<Error> error_;
};

}  // namespace eventcore::detail
