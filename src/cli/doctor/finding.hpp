#pragma once

/// \file
/// `Finding`: one thing that is wrong, and `Findings`, what an examination found and could not.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"

namespace eventcore::cli::doctor {

/// The more important, the smaller.
enum class Severity : std::uint8_t { Critical, Warning, Info };
/// `critical`, `warning`, `info`: as alerts are labelled.
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

/// What `--fix` knows to do. None of it can lose an event.
enum class FixKind : std::uint8_t {
  Resume,             ///< End a pause, or let a projection try again after a failure.
  ReplayDeadLetters,  ///< Let a projection apply its parked events again.
  DropLease,          ///< Free a lease whose holder is gone.
  CheckpointJournal,  ///< Move what is in SQLite's `-wal` file into the database.
};
/// `resume`, `replay-dead-letters`, `drop-lease`, `checkpoint-journal`.
[[nodiscard]] std::string_view to_string(FixKind kind) noexcept;

struct Fix {
  FixKind kind = FixKind::Resume;
  std::string subject = {};  ///< The projection, or the file.
  std::uint64_t token = 0;   ///< Of the lease to drop: a newer one stays,
  Timestamp lease_end{};     ///< and so does one that was extended since.
  /// Someone has to repair what failed first, or it fails again.
  std::string condition = {};

  friend bool operator==(const Fix&, const Fix&) = default;
};

struct Finding {
  std::string id = {};  ///< What is wrong, for machines: `commits-slow`.
  Severity severity = Severity::Warning;
  std::string title = {};                  ///< What is wrong, in a sentence.
  std::string culprit = {};                ///< Who or what: a stream, a projection, a file, …
  std::vector<std::string> evidence = {};  ///< What it was concluded from.
  std::string alert = {};                  ///< The alert that says the same; empty: none.
  std::string runbook = {};                ///< The page about it, as `disk`.
  std::string next = {};                   ///< The command to run next; empty: none helps.
  std::optional<Fix> fix = std::nullopt;
};

/// A check that could not be made, and why.
struct NotChecked {
  std::string what;
  std::string why;
};

/// Thread-safety: One thread at a time.
class Findings {
 public:
  /// Adds `finding`. One of the same id and culprit, seen by another way, only gets its evidence
  /// and what it lacks.
  void add(Finding finding);
  /// Adds `evidence` to a finding about `culprit` that has one of `ids`; false if there is none.
  bool support(const std::vector<std::string_view>& ids, std::string_view culprit,
               const std::vector<std::string>& evidence);
  void not_checked(std::string what, std::string why);

  /// The most important first.
  [[nodiscard]] std::vector<Finding> sorted() const;
  [[nodiscard]] const std::vector<NotChecked>& gaps() const noexcept { return gaps_; }
  [[nodiscard]] bool empty() const noexcept { return findings_.empty(); }

 private:
  std::vector<Finding> findings_;
  std::vector<NotChecked> gaps_;
};

}  // namespace eventcore::cli::doctor
