#pragma once

/// \file
/// `TableProjector`: a projector of decoded events that keeps tables.

#include <memory>
#include <string>
#include <utility>

#include <eventcore/projector.hpp>

#include "read_models/tables.hpp"

namespace shop {

/// Errors of a reset to the middle of the log, which the tables can't go back to.
[[nodiscard]] inline eventcore::Error only_from_the_beginning() {
  return eventcore::make_error(eventcore::ErrorCode::InvalidArgument,
                               "this projection can be reset to position 0 only");
}

/// `V` is a variant of described events. Thread-safety: One thread at a time.
template <eventcore::EncodableVariant V>
class TableProjector : public eventcore::TypedProjector<V> {
 public:
  [[nodiscard]] eventcore::ReadModel* read_model() noexcept final { return &tables_->read_model(); }
  [[nodiscard]] eventcore::Result<void> reset(eventcore::Position position,
                                              const eventcore::ProjectionContext&) final {
    if (position.value != 0) return only_from_the_beginning();
    return tables_->execute(clear_);
  }

 protected:
  /// `clear` empties the tables.
  TableProjector(eventcore::ProjectorDescription description, std::unique_ptr<Tables> tables,
                 std::string clear)
      : eventcore::TypedProjector<V>(std::move(description)),
        tables_(std::move(tables)),
        clear_(std::move(clear)) {}

  [[nodiscard]] Tables& tables() const noexcept { return *tables_; }

 private:
  const std::unique_ptr<Tables> tables_;
  const std::string clear_;
};

}  // namespace shop
