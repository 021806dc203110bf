#pragma once

/// \file
/// `TraceState`: what tracing systems along the way have to say about a trace (W3C `tracestate`).
///
/// It is passed on as it came; who adds an entry of their own puts it first.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventcore {

/// Entries in order, at most 32, each key once. Thread-safety: as `std::vector`.
class TraceState {
 public:
  static constexpr std::size_t kEntriesMax = 32;

  /// The entries of all `tracestate` headers of a request, in their order; nothing if any of it is
  /// invalid: a bad one is dropped whole, as the specification says. The first of a key counts.
  [[nodiscard]] static std::optional<TraceState> parse(std::span<const std::string_view> headers);
  [[nodiscard]] static std::optional<TraceState> parse(std::string_view header);

  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// The value of `key`. Valid until the object changes.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept;
  /// Puts an entry first, in place of one with the same key; the last one goes if there are more
  /// than 32. False, and no change, if key or value break the rules.
  bool set(std::string_view key, std::string_view value);
  void erase(std::string_view key);

  /// The header's value. Beyond 512 bytes entries are left out, as the specification says: first
  /// those of more than 128 bytes, then the last ones.
  [[nodiscard]] std::string header() const;

  friend bool operator==(const TraceState&, const TraceState&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace eventcore
