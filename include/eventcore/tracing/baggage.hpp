#pragma once

/// \file
/// `Baggage`: values of the caller's choice that travel with a request (W3C Baggage).
///
/// Whoever the request reaches can read them: nothing secret belongs there. They are not attributes
/// of spans by themselves.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventcore {

/// Entries in order, each key once; within the limits of the specification: 180 entries, 4,096
/// bytes each, 8,192 in all. Thread-safety: as `std::vector`.
class Baggage {
 public:
  static constexpr std::size_t kEntriesMax = 180;
  static constexpr std::size_t kEntryBytesMax = 4'096;
  static constexpr std::size_t kBytesMax = 8'192;

  struct Entry {
    std::string key;
    std::string value;       ///< Decoded.
    std::string properties;  ///< What follows the first `;`, as it came.
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// The entries of all `baggage` headers of a request. Entries that are invalid, or beyond the
  /// limits, are left out and the others kept; of several with one key the last counts.
  [[nodiscard]] static Baggage parse(std::span<const std::string_view> headers);
  [[nodiscard]] static Baggage parse(std::string_view header);

  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// The value of `key`. Valid until the object changes.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept;
  /// Sets `key` to any UTF-8 text. False, and no change, if the key is no token (RFC 9110), or a
  /// limit would be passed.
  bool set(std::string_view key, std::string_view value);
  void erase(std::string_view key);

  /// The header's value, with values percent-encoded.
  [[nodiscard]] std::string header() const;

  friend bool operator==(const Baggage&, const Baggage&) = default;

 private:
  bool put(Entry entry);

  std::vector<Entry> entries_;
  std::size_t bytes_ = 0;  // of the header, and a comma
};

}  // namespace eventcore
