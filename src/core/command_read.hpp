#pragma once

/// \file
/// The read of a running command.

#include <optional>

#include "eventcore/detail/command_operation.hpp"

namespace eventcore::detail {

/// The read under way. The operation waits for it, so it lives long enough.
struct CommandOperation::Read final : ReadOperation {
  explicit Read(CommandOperation& operation) : owner(operation) {}
  CommandOperation& owner;
  std::optional<Result<EventPage>> page;

 protected:
  void completed(Result<EventPage> result) noexcept override {
    page.emplace(std::move(result));
    owner.signal();
  }
};

}  // namespace eventcore::detail
