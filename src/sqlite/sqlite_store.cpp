#include "eventcore/sqlite_store.hpp"

#include <atomic>
#include <utility>

#include "administration.hpp"
#include "projections.hpp"
#include "reader_pool.hpp"
#include "schema.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore {
namespace sqlite {
namespace {

// Lets the writer look at the file while somebody waits, so that other processes' events wake too.
class FileWatcher final : public HeadWatcher {
 public:
  FileWatcher(StoreState& state, WriterThread& writer) : state_(state), writer_(writer) {}

  Position wait_beyond(Position seen, Deadline deadline, std::stop_token stop) override {
    if (state_.head() > seen) return state_.head();
    writer_.watch();
    const Position head = state_.signal.wait_beyond(seen, deadline, std::move(stop));
    writer_.unwatch();
    return head;
  }

 private:
  StoreState& state_;
  WriterThread& writer_;
};

class SqliteStore final : public EventStore {
 public:
  explicit SqliteStore(SqliteStoreOptions options)
      : state_(std::move(options)),
        description_{.backend = "sqlite",
                     .durability = std::string(to_string(state_.options.durability)),
                     .location = "sqlite:" + state_.options.path.string()},
        writer_(state_),
        readers_(state_, writer_),
        watcher_(state_, writer_),
        administration_(state_, writer_, readers_),
        projections_(state_, writer_) {}
  ~SqliteStore() override { ignore_error(close({}), "who wants to know closes before"); }

  Result<void> open() {
    if (auto prepared = prepare_file(state_.options, state_.turn); !prepared) return prepared;
    if (auto opened = writer_.open(); !opened) return opened;
    if (auto started = readers_.start(); !started) return started;
    writer_.start();
    return {};
  }

  void submit_append(AppendOperation& operation) override { writer_.submit(operation); }

  void submit_read(ReadOperation& operation) override {
    if (closing_.load(std::memory_order_acquire)) return operation.finish(shutting_down());
    if (auto page = read_from_memory(operation)) return operation.finish(std::move(*page));
    readers_.submit(operation);
  }

  Position head() const noexcept override { return state_.head(); }
  HeadWatcher& head_watcher() noexcept override { return watcher_; }
  const StoreDescription& description() const noexcept override { return description_; }
  StoreAdministration& administration() noexcept override { return administration_; }
  ProjectionStorage& projections() noexcept override { return projections_; }

  Result<void> close(Deadline deadline) override {
    closing_.store(true, std::memory_order_release);
    writer_.refuse_more();
    state_.signal.close();
    if (auto closed = readers_.close(deadline); !closed) return closed;
    if (auto closed = administration_.close(deadline); !closed) return closed;
    projections_.close();
    return writer_.close(deadline);
  }

 private:
  // The page of a query that finds nothing, as long as memory alone knows that. New streams and
  // streams without news are what commands read most.
  std::optional<EventPage> read_from_memory(const ReadOperation& operation) const {
    const auto* query = std::get_if<StreamsQuery>(&operation.query);
    if (query == nullptr || state_.is_behind() || query->events_max > limits::kPageEvents ||
        operation.stop.stop_requested() || operation.deadline.expired(*state_.options.clock)) {
      return std::nullopt;
    }
    // A stream may move on between the look at the head and the look at the stream.
    for (int attempt = 0; attempt < 3; ++attempt) {
      const Position head = state_.head();
      EventPage page;
      page.at = query->at.value_or(head);
      if (page.at > head) return std::nullopt;
      switch (find_nothing(*query, page)) {
        case Found::Nothing:
          return page;
        case Found::Events:
          return std::nullopt;
        case Found::NewerHead:
          break;
      }
      if (query->at) break;
    }
    return std::nullopt;
  }

  enum class Found : std::uint8_t { Nothing, Events, NewerHead };
  Found find_nothing(const StreamsQuery& query, EventPage& page) const {
    page.streams.reserve(query.streams.size());
    for (const StreamRange& range : query.streams) {
      const std::string_view name = range.stream.view();
      const auto head = state_.heads.lookup(name, hash_name(name));
      if (!head) return Found::Events;
      if (head->position > page.at.value) return Found::NewerHead;
      const std::uint64_t before = range.before.value == 0 ? 0 : range.before.value - 1;
      if (range.after.value < std::min(head->version, before)) return Found::Events;
      page.streams.push_back({.version = {head->version},
                              .reached = {std::min(range.after.value, head->version)},
                              .complete = true});
    }
    return Found::Nothing;
  }

  StoreState state_;
  const StoreDescription description_;
  WriterThread writer_;
  ReaderPool readers_;
  FileWatcher watcher_;
  Administration administration_;
  Projections projections_;
  std::atomic<bool> closing_ = false;  // submitters look at it without a lock
};

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<EventStore>> open_sqlite_store(SqliteStoreOptions options) {
  auto store = std::make_unique<sqlite::SqliteStore>(std::move(options));
  if (auto opened = store->open(); !opened) return opened.error();
  return std::unique_ptr<EventStore>(std::move(store));
}

}  // namespace eventcore
