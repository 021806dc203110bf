#pragma once

/// \file
/// `Projector`: turns events of the log, in order, into something to read: tables, counts,
/// messages.
///
///     class SoldByProduct : public TypedProjector<std::variant<Sold>> {
///      public:
///       SoldByProduct() : TypedProjector({.name = "sold_by_product"}) {}
///       Result<void> apply_event(const Events& event, const StoredEvent&,
///                                const ProjectionContext&) override;
///     };
///
/// A `ProjectionRunner` calls it. Without a read model an event may come twice after a crash, never
/// not at all: write what repeating does not harm, or hand out a `ReadModel` (read_model.hpp). The
/// usual mistake is to swallow an error: return it, and the failure policy decides. Example:
/// examples/projection.cpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "eventcore/codec.hpp"
#include "eventcore/describe.hpp"
#include "eventcore/event_filter.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/fixed_name.hpp"
#include "eventcore/result.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

class ReadModel;

/// What a projector is.
struct ProjectorDescription {
  FixedName name;  ///< See `check_projection_name`; a label of metrics.
  /// A new version is a projection of its own, from the beginning of the log, beside the old one.
  std::uint32_t version = 1;
  /// One of several read models of the same projection, such as one of each host: a projection of
  /// its own too, with its own lease and checkpoint. Empty: there is one for all.
  std::string instance = {};
  EventFilter filter = {};
  bool with_batch = false;  ///< Fill `StoredEvent::batch`, which costs a read for each batch.
  /// At most so many in one `apply`, if the runner says no less; 0: as the runner says.
  std::size_t batch_events = 0;
};

/// What a projector may know beside the events.
class ProjectionContext {
 public:
  std::uint64_t token = 0;    ///< The leader's; external systems may fence with it.
  Position position;          ///< Everything up to here was processed before.
  Uuid log_id;                ///< Which log the positions belong to.
  std::uint32_t attempt = 1;  ///< From 1; above, the first event has failed before.
  bool replay = false;        ///< A dead letter, whose place in the order is behind `position`.
  bool suppress_side_effects = false;
  std::stop_token stop;  ///< Asked to stop, or no longer the leader: what takes long may fail.

  /// History is processed again: write data, but send nothing to the world.
  [[nodiscard]] bool side_effects_suppressed() const noexcept { return suppress_side_effects; }
};

/// Applies events in the order of their positions, each at least once.
/// Thread-safety: One thread at a time, that of its runner. Ownership: the runner shares it.
class Projector {
 public:
  explicit Projector(ProjectorDescription description);
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;
  virtual ~Projector() = default;

  /// Applies a batch; the events live as long as the call. A failure names its event in
  /// `Error::position`: without a read model it says that all before are applied, and only those.
  /// Without a position the runner finds the event by applying ever smaller parts. An exception is
  /// a failure. Errors: any; those that `Retry::SameCall` goes with are no verdict on the event,
  /// see `FailurePolicy`.
  [[nodiscard]] virtual Result<void> apply(std::span<const StoredEvent> events,
                                           const ProjectionContext& context) = 0;
  /// A reset to `position` was asked for: makes the data that of this position. Within the
  /// transaction of the read model, if there is one. Default: nothing.
  [[nodiscard]] virtual Result<void> reset(Position position, const ProjectionContext& context);
  /// Where data and checkpoint share a transaction; null: the store keeps the checkpoint.
  [[nodiscard]] virtual ReadModel* read_model() noexcept { return nullptr; }

  [[nodiscard]] const ProjectorDescription& description() const noexcept { return description_; }
  /// The name under which the store keeps it: the name, then `.instance` if there is one, then
  /// `@version` from version 2 on.
  [[nodiscard]] const std::string& key() const noexcept { return key_; }

 private:
  const ProjectorDescription description_;
  const std::string key_;
};

/// A projector that takes one event at a time, under the trace of the command that wrote it where
/// the description asks for batches.
class EventProjector : public Projector {
 public:
  using Projector::Projector;

  [[nodiscard]] Result<void> apply(std::span<const StoredEvent> events,
                                   const ProjectionContext& context) final;

 protected:
  [[nodiscard]] virtual Result<void> apply_stored(const StoredEvent& event,
                                                  const ProjectionContext& context) = 0;
};

/// A projector of decoded events: `V` is a `std::variant` of described events. A filter without
/// types selects those of `V`; an event of another type fails with UnknownEventType, one that can't
/// be decoded with DecodeFailed.
template <EncodableVariant V>
class TypedProjector : public EventProjector {
 public:
  using Events = V;

  explicit TypedProjector(ProjectorDescription description)
      : EventProjector(with_types(std::move(description))) {}

 protected:
  [[nodiscard]] virtual Result<void> apply_event(const Events& event, const StoredEvent& stored,
                                                 const ProjectionContext& context) = 0;

 private:
  [[nodiscard]] static ProjectorDescription with_types(ProjectorDescription description) {
    if (description.filter.matches_all_types()) {
      for (const EventType& type : event_types<V>) description.filter.type(std::string(type.name));
    }
    return description;
  }
  [[nodiscard]] Result<void> apply_stored(const StoredEvent& event,
                                          const ProjectionContext& context) final {
    const auto index = index_of_event<V>(event.type);
    if (!index) return detail::unknown_event(event.type);
    const Result<V> decoded = decode_event<V>(*index, event.schema_version, event.payload);
    if (!decoded) return decoded.error();
    return apply_event(*decoded, event, context);
  }
};

}  // namespace eventcore
