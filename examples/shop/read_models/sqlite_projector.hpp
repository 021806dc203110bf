#pragma once

/// \file
/// `SqliteProjector`: a projector of decoded events whose tables are in a SQLite file that it owns.

#include <memory>
#include <string>
#include <utility>

#include <eventcore/projector.hpp>
#include <eventcore/sqlite_read_model.hpp>

namespace shop {

/// Errors of a reset to the middle of the log, which the tables can't go back to.
[[nodiscard]] inline eventcore::Error only_from_the_beginning() {
  return eventcore::make_error(eventcore::ErrorCode::InvalidArgument,
                               "this projection can be reset to position 0 only");
}

/// `V` is a variant of described events. Thread-safety: One thread at a time.
template <eventcore::EncodableVariant V>
class SqliteProjector : public eventcore::TypedProjector<V> {
 public:
  [[nodiscard]] eventcore::ReadModel* read_model() noexcept final { return model_.get(); }
  [[nodiscard]] eventcore::Result<void> reset(eventcore::Position position,
                                              const eventcore::ProjectionContext&) final {
    if (position.value != 0) return only_from_the_beginning();
    return model_->execute(clear_);
  }

 protected:
  /// `clear` empties the tables.
  SqliteProjector(eventcore::ProjectorDescription description,
                  std::unique_ptr<eventcore::SqliteReadModel> model, std::string clear)
      : eventcore::TypedProjector<V>(std::move(description)),
        model_(std::move(model)),
        clear_(std::move(clear)) {}

  [[nodiscard]] sqlite3* connection() const noexcept { return model_->handle(); }

 private:
  const std::unique_ptr<eventcore::SqliteReadModel> model_;
  const std::string clear_;
};

}  // namespace shop
