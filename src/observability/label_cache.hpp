#pragma once

namespace eventcore::observability::detail {

/// Frees what the calling thread has kept to find series by their labels.
void drop_label_cache() noexcept;

}  // namespace eventcore::observability::detail
