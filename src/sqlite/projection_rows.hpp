#pragma once

// Rows of the tables `projections` and `dead_letters`.

#include <optional>
#include <vector>

#include "connection.hpp"
#include "eventcore/projection_storage.hpp"

namespace eventcore::sqlite {

/// Projections from `first` to `last`, by name; `list` is `sql::list_projections`.
[[nodiscard]] Result<std::vector<ProjectionRecord>> read_projections(const Connection& connection,
                                                                     Statement& list,
                                                                     std::string_view first,
                                                                     std::string_view last);
[[nodiscard]] Result<std::optional<ProjectionRecord>> read_projection(const Connection& connection,
                                                                      Statement& list,
                                                                      std::string_view name);
[[nodiscard]] Result<void> write_projection(const Connection& connection,
                                            const ProjectionRecord& record);

[[nodiscard]] Result<std::vector<DeadLetter>> read_dead_letters(const Connection& connection,
                                                                const DeadLetterQuery& query);
[[nodiscard]] Result<std::optional<DeadLetter>> read_dead_letter(const Connection& connection,
                                                                 std::string_view projection,
                                                                 Position position);
[[nodiscard]] Result<void> write_dead_letter(const Connection& connection,
                                             const DeadLetter& letter);
/// Runs one of the two statements that remove letters.
[[nodiscard]] Result<void> remove_dead_letters(const Connection& connection, const char* sql,
                                               std::string_view projection, Position position);

}  // namespace eventcore::sqlite
