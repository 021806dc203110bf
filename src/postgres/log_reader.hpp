#pragma once

// `LogReader`: reads pages over a connection of its own.
//
// A read of streams is one call of a function in the database: all its parts see one snapshot. A
// read of the log is a row of statements, each for the next positions below a head that was seen
// before, where nothing changes any more; the next ones are sent while the last ones are read.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "eventcore/event_store.hpp"
#include "page_builder.hpp"
#include "pipeline.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Thread-safety: One thread at a time.
class LogReader {
 public:
  explicit LogReader(StoreState& state);

  /// Errors: Unavailable.
  [[nodiscard]] Result<void> connect();
  /// False: not connected yet, or the connection was lost.
  [[nodiscard]] bool is_connected() const noexcept { return pipeline_.is_open(); }
  void disconnect() noexcept { pipeline_.close(); }

  /// `second`, if there is one, is another connection that shares the work on a long piece of the
  /// log: what the server does for one connection is done by one core. Whether it was lost is for
  /// the caller to see.
  [[nodiscard]] Result<EventPage> read(const ReadQuery& query, Pipeline* second = nullptr);
  /// Whether a second connection would be of use. Cost: none.
  [[nodiscard]] static bool is_long(const ReadQuery& query, Position head) noexcept;
  [[nodiscard]] Pipeline& pipeline() noexcept { return pipeline_; }

  // Several reads of streams in one go: all are sent before the first is received. A page that
  // needs more than its answer is finished once every answer is there.
  [[nodiscard]] Result<void> send(const StreamsQuery& query);
  /// The page of the oldest query that was sent. Errors: as `read`.
  [[nodiscard]] Result<PageBuilder> receive(const StreamsQuery& query);
  [[nodiscard]] bool is_whole(PageBuilder& page) const;
  /// Requires: no answer is outstanding, or `is_whole(page)`.
  [[nodiscard]] Result<EventPage> finish(PageBuilder& page);

 private:
  // Events that one answer holds at most; the next one is on its way meanwhile.
  static constexpr std::uint64_t kChunkEvents = 1'000;

  // The statements, with the names of the schema in them.
  struct Statements {
    explicit Statements(const std::string& schema);
    std::string read_head;
    std::string read_log;
    std::string read_small_log;
    std::string read_log_of_types;
    std::string scan_log;
    std::string scan_log_of_types;
    std::string read_events;
    std::string read_streams;
    std::string read_stream_names;
    std::string read_type_names;
    std::string find_types;
    std::string read_payloads;
    std::string read_batches;
  };
  // The positions that a read of the log has left.
  struct Scan {
    const LogQuery& query;
    std::uint64_t after = 0;
    std::uint64_t until = 0;
    std::vector<std::uint32_t> types = {};  // wanted ones that exist
  };
  // Positions behind `after` up to `end` that are asked for in pieces.
  struct Chunks {
    std::uint64_t after = 0;
    std::uint64_t end = 0;
    bool has_begun = false;      // the first piece is asked for already
    Pipeline* second = nullptr;  // takes turns with the reader's own
  };

  [[nodiscard]] Result<EventPage> read_log(const LogQuery& query, Pipeline* second);
  [[nodiscard]] Result<void> find_head(const LogQuery& query, PageBuilder& page, bool& has_begun);
  [[nodiscard]] Result<void> find_types(Scan& scan);
  [[nodiscard]] Result<void> read_all(const Scan& scan, PageBuilder& page, bool has_begun,
                                      Pipeline* second);
  [[nodiscard]] Result<std::uint64_t> read_chunks(const Chunks& chunks, PageBuilder& page);
  [[nodiscard]] const std::string& chunk_statement() const noexcept {
    return large_pages_ > 0 ? statements_.read_log : statements_.read_small_log;
  }
  [[nodiscard]] Result<void> read_of_types(Scan& scan, PageBuilder& page);
  [[nodiscard]] Result<void> read_of_streams(Scan& scan, PageBuilder& page);
  [[nodiscard]] Result<std::vector<std::uint64_t>> matching(const Rows& rows,
                                                            const EventFilter& filter);
  [[nodiscard]] Result<bool> read_positions(const std::vector<std::uint64_t>& positions,
                                            PageBuilder& page);
  [[nodiscard]] Result<void> send_range(Pipeline& to, const std::string& sql, std::uint64_t after,
                                        std::uint64_t until, std::uint64_t limit,
                                        const std::vector<std::uint32_t>* types);
  [[nodiscard]] Result<void> send_numbers(const std::string& sql,
                                          const std::vector<std::uint64_t>& numbers);
  [[nodiscard]] Result<void> complete(PageBuilder& page);
  [[nodiscard]] Result<Rows> receive_answer() { return receive_answer(pipeline_); }
  [[nodiscard]] Result<Rows> receive_answer(Pipeline& from);
  void learn_types(const Rows& numbers_and_names);

  StoreState& state_;
  const Statements statements_;
  Pipeline pipeline_;
  NameCache names_;
  std::uint32_t large_pages_ = 0;  // pages of the log that may hold large payloads like the last
  std::unordered_map<std::uint64_t, bool> matches_;  // of the query's filter, by stream number
};

}  // namespace eventcore::postgres
