#pragma once

/// \file
/// The stored form of a decision: what a command had read when it decided, and who came first in
/// its failed attempts. Written with every batch, read by `eventcore explain`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/uuid.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore {

/// What a command knew when it decided, as stored. Views point into the decoded bytes.
struct StoredDecision {
  /// One stream of the batch.
  struct Read {
    std::string_view stream;
    StreamVersion version;  ///< Before the batch.
    bool written = false;   ///< False: the stream was only read.

    friend bool operator==(const Read&, const Read&) = default;
  };
  /// See `Interference`.
  struct Interferer {
    std::string_view stream;
    StreamVersion expected;
    StreamVersion actual;
    Position winner_position;
    Uuid winner_id;
    std::string_view winner_command_type;

    friend bool operator==(const Interferer&, const Interferer&) = default;
  };
  std::vector<Read> reads;
  std::vector<Interferer> interference;
};

/// Appends the decision of `batch` to `out`. Requires: the store has set `version_before`.
///
/// Stored on disk. Numbers are LEB128, texts have their length in bytes before them:
/// the version of the form, 1; the number of streams; for each the id's length doubled, plus 1 if
/// the batch writes to it, the id and the version before; the number of interferences; for each
/// the stream, expected and actual version, the winner's position, its id (16 bytes) and type.
void encode_decision(const WriteBatch& batch, std::string& out);

/// The decision in `bytes`. No bytes are an empty decision.
/// Errors: DecodeFailed (cut off, too long, or of a later form).
[[nodiscard]] Result<StoredDecision> decode_decision(std::string_view bytes);

}  // namespace eventcore
