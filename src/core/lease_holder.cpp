#include "lease_holder.hpp"

#include <unistd.h>

#include <array>

#include "eventcore/clock.hpp"
#include "eventcore/uuid.hpp"
#include "whole_number.hpp"

namespace eventcore::detail {
namespace {

constexpr std::size_t kHostBytes = 128;

/// What holders of `host` begin with.
std::string prefix_of(const std::string& host) {
  return (host.empty() ? "?" : host.substr(0, kHostBytes)) + ":";
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::string make_holder() {
  return prefix_of(host_name()) + std::to_string(getpid()) + ":" +
         mint_uuid_now(system_clock()).to_string();
}

std::optional<std::uint64_t> process_of_holder(std::string_view holder) {
  const std::string host = host_name();
  const std::string prefix = prefix_of(host);
  if (host.empty() || !holder.starts_with(prefix)) return std::nullopt;
  holder.remove_prefix(prefix.size());
  return parse_whole_number(holder.substr(0, holder.find(':')));
}

}  // namespace eventcore::detail
