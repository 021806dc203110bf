#pragma once

/// \file
/// What `eventcore doctor --fix` does. Each is safe to repeat, and none can lose an event.

#include <string>
#include <vector>

#include "eventcore/event_store.hpp"
#include "finding.hpp"

namespace eventcore::cli::doctor {

/// The fixes of `findings`, each once.
[[nodiscard]] std::vector<Fix> fixes_of(const std::vector<Finding>& findings);

/// "let projection 'orders' go on, also after a failure".
[[nodiscard]] std::string describe_fix(const Fix& fix);

/// Whether it needs no open store: SQLite's journal is best moved while nobody has it open.
[[nodiscard]] bool works_on_file(const Fix& fix);

/// Carries it out and returns what was done, in words. `store` may be null if it `works_on_file`.
/// Blocking: writes to the store; a journal waits for readers for two seconds.
/// Errors: those of `ProjectionStorage`; Unavailable (a reader holds the journal back).
[[nodiscard]] Result<std::string> carry_out(const Fix& fix, EventStore* store);

/// Who did it: `ann@host`, for the record.
[[nodiscard]] std::string operator_name();

}  // namespace eventcore::cli::doctor
