// The steps of a command that gather the states it decides on.

#include <algorithm>
#include <utility>

#include "command_read.hpp"
#include "eventcore/detail/command_operation.hpp"
#include "executor_core.hpp"
#include "fold_errors.hpp"
#include "stream_hash.hpp"
#include "user_code.hpp"

namespace eventcore::detail {

Result<void> CommandOperation::declare_boundary() {
  Result<void> declared = guarded("reads()", command_type_, [&]() -> Result<void> {
    declare(boundary_);
    return {};
  });
  if (!declared) return declared;
  if (boundary_.streams.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      std::string(command_type_) + ": reads() names no stream");
  }
  return {};
}

CommandOperation::Wait CommandOperation::gather() {
  Error error;
  if (interrupted(error)) return finish(std::move(error));
  if (boundary_.streams.empty()) {
    if (Result<void> declared = declare_boundary(); !declared) {
      return finish(std::move(declared).error());
    }
  }
  if (boundary_.streams.size() > limits::kBatchStreams) {
    return finish(make_error(
        ErrorCode::LimitExceeded,
        std::string(command_type_) + " reads " + std::to_string(boundary_.streams.size()) +
            " streams, the limit is " + std::to_string(limits::kBatchStreams)));
  }
  reading_.clear();
  core_.take_cached(boundary_, newest_at_, reading_);
  StreamsQuery query = missing_streams();
  if (query.streams.empty()) return next_round();
  return submit_read(std::move(query), Step::FoldPage);
}

StreamsQuery CommandOperation::missing_streams() {
  StreamsQuery query;
  query.at = at_;
  for (const std::uint32_t index : reading_) {
    const BoundaryStream& stream = boundary_.streams[index];
    StreamVersion after{~std::uint64_t{0}};
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      after = std::min(after, boundary_.views[v].version);
    }
    query.streams.push_back({stream.id, after});
  }
  if (boundary_.members.empty() || rounds_ > 0) return query;
  // Merged folds want one page in log order over all their streams, from the beginning.
  query.order = ReadOrder::Log;
  for (std::uint32_t i = 0; i < boundary_.streams.size(); ++i) {
    if (!boundary_.streams[i].merged) continue;
    reading_.push_back(i);
    query.streams.push_back({boundary_.streams[i].id});
  }
  return query;
}

CommandOperation::Wait CommandOperation::submit_read(ReadQuery query, Step then) {
  if (!read_) read_ = std::make_unique<Read>(*this);
  read_->page.reset();
  read_->query = std::move(query);
  read_->deadline = deadline_;
  read_->stop = options_.stop;
  read_->trace = trace_;
  step_ = then;
  arm();
  core_.store().submit_read(*read_);
  return Wait::Store;
}

CommandOperation::Wait CommandOperation::fold_page() {
  stamp(CommandPhase::Read);
  Result<EventPage> page = *std::move(read_->page);
  read_->page.reset();
  if (!page) return finish(std::move(page).error());
  at_ = page->at;
  Result<void> folded = guarded("apply()", command_type_, [&] { return fold_events(*page); });
  if (!folded) return check_failure(std::move(folded).error());

  StreamsQuery rest;
  rest.at = at_;
  rest.order = std::get<StreamsQuery>(read_->query).order;
  std::vector<std::uint32_t> unfinished;
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    if (page->streams[i].complete) continue;
    unfinished.push_back(reading_[i]);
    rest.streams.push_back({boundary_.streams[reading_[i]].id, page->streams[i].reached});
  }
  if (!unfinished.empty()) {
    reading_ = std::move(unfinished);
    stamp(CommandPhase::Fold);
    return submit_read(std::move(rest), Step::FoldPage);
  }
  return next_round();
}

Result<void> CommandOperation::apply(BoundaryView& view, const StoredEvent& event) {
  const int alternative = core_.alternative(*view.fold, event);
  if (alternative == kIgnoredEvent) return {};
  if (alternative == kUnknownEvent) {
    view.cacheable = false;
    if (view.fold->skips_unknown) return {};
    return unknown_to_fold(*view.fold, event);
  }
  if (!view.next) view.next = view.state ? view.fold->copy(view.state.get()) : view.fold->make();
  ++events_folded_;
  Result<void> applied = view.fold->apply_stored(view.next.get(), alternative, event);
  if (applied) return applied;
  return at_event(std::move(applied).error(), event);
}

Result<void> CommandOperation::fold_events(const EventPage& page) {
  std::uint32_t at = 0;
  for (const StoredEvent& event : page.events) {
    // Events come stream by stream, or mixed for merged reads.
    if (boundary_.streams[at].id.view() != event.stream) {
      const auto found = boundary_.find_stream(event.stream, hash_stream(event.stream));
      if (!found) return make_error(ErrorCode::Corrupt, "a read returned another stream's event");
      at = *found;
    }
    for (std::uint32_t i = boundary_.streams[at].first_view; i != kNone;
         i = boundary_.views[i].next_of_stream) {
      BoundaryView& view = boundary_.views[i];
      if (event.version <= view.version) continue;
      if (Result<void> applied = apply(view, event); !applied) return applied;
      view.version = event.version;
    }
    if (!boundary_.streams[at].merged) continue;
    for (const MergedMember& member : boundary_.members) {
      if (member.stream != at) continue;
      if (Result<void> applied = apply(boundary_.views[member.view], event); !applied) {
        return applied;
      }
    }
  }
  return finish_streams(page);
}

Result<void> CommandOperation::finish_streams(const EventPage& page) {
  std::vector<std::uint32_t> finished;
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    if (!page.streams[i].complete) continue;
    BoundaryStream& stream = boundary_.streams[reading_[i]];
    stream.basis = page.streams[i].version;
    stream.gathered = true;
    finished.push_back(reading_[i]);
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      BoundaryView& view = boundary_.views[v];
      if (view.next) view.state = std::exchange(view.next, nullptr);
      if (!view.state) view.state = view.fold->make();
      if (Result<void> same = compare_with_cached(view, stream); !same) return same;
      // A cached state may be newer than the position that this attempt reads at. With one fold
      // it is as good; where folds differ, `enqueue` finds the older basis and refuses.
      if (view.version > stream.basis && view.next_of_stream == kNone && stream.first_view == v) {
        stream.basis = view.version;
      }
      view.version = std::max(view.version, stream.basis);
    }
  }
  core_.keep_committed(boundary_, finished, page.at);
  for (const std::uint32_t index : finished) {
    if (boundary_.streams[index].merged) continue;
    if (Result<void> applied = apply_pending(boundary_.streams[index]); !applied) return applied;
  }
  return {};
}

Result<void> CommandOperation::compare_with_cached(BoundaryView& view,
                                                   const BoundaryStream& stream) {
  const std::shared_ptr<const void> cached = std::exchange(view.check, nullptr);
  if (!cached || view.check_version != stream.basis) return {};
  if (view.fold->equal(cached.get(), view.state.get())) return {};
  return make_error(ErrorCode::HandlerFailed,
                    "the fold '" + std::string(view.fold->name) + "' is not pure: at version " +
                        std::to_string(stream.basis.value) +
                        " the cached state differs from one that was folded anew",
                    stream.id.view());
}

Result<void> CommandOperation::apply_pending(BoundaryStream& stream) {
  const std::vector<PendingWrite> pending = core_.pending_of(stream);
  for (const PendingWrite& write : pending) {
    if (write.after <= stream.basis) continue;  // Already committed, and read.
    // A gap: what is queued builds on more than was read. `enqueue` refuses the decision.
    if (write.before != stream.basis) break;
    Result<void> applied = apply_batch(stream, write.node->batch, write.stream);
    // A failure counts on what is queued too: it is reported once that is stored.
    const PendingWrite& reached = applied ? write : pending.back();
    stream.basis = reached.after;
    stream.based_on = reached.node;
    if (!applied) return applied;
  }
  for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
    BoundaryView& view = boundary_.views[v];
    if (view.next) view.state = std::exchange(view.next, nullptr);
    view.version = std::max(view.version, stream.basis);
  }
  return {};
}

Result<void> CommandOperation::apply_batch(BoundaryStream& stream, const WriteBatch& batch,
                                           std::uint32_t index) {
  StreamVersion version = stream.basis;
  std::string padded;
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    if (event.stream != index) continue;
    version = version + 1;
    padded.assign(event.payload);
    padded.resize(event.payload.size() + limits::kPayloadPadding);
    StoredEvent stored;
    stored.stream = stream.id.view();
    stored.version = version;
    stored.type = event.type;
    stored.type_number = kUnnumbered;
    stored.schema_version = event.schema_version;
    stored.headers = event.headers;
    stored.payload = std::string_view(padded).substr(0, event.payload.size());
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      if (Result<void> applied = apply(boundary_.views[v], stored); !applied) return applied;
    }
  }
  return {};
}

CommandOperation::Wait CommandOperation::next_round() {
  for (BoundaryView& view : boundary_.views) {
    if (!view.merged) continue;
    if (view.next) view.state = std::exchange(view.next, nullptr);
    if (!view.state) view.state = view.fold->make();
  }
  const std::size_t views_before = boundary_.views.size();
  Result<void> discovered = guarded("discover()", command_type_, [&]() -> Result<void> {
    discover(boundary_);
    return {};
  });
  if (!discovered) return check_failure(std::move(discovered).error());
  if (boundary_.views.size() == views_before) {
    step_ = Step::Decide;
    return Wait::None;
  }
  if (++rounds_ > limits::kDiscoveryRounds) {
    return check_failure(make_error(ErrorCode::LimitExceeded,
                                    std::string(command_type_) +
                                        ": discover() still asks for streams after " +
                                        std::to_string(limits::kDiscoveryRounds) + " rounds"));
  }
  // A known stream may get another fold, and is then gathered again.
  for (std::size_t i = views_before; i < boundary_.views.size(); ++i) {
    BoundaryStream& stream = boundary_.streams[boundary_.views[i].stream];
    if (stream.merged) {
      return finish(make_error(ErrorCode::InvalidArgument,
                               "discover() asks for a stream that merged<F>() reads",
                               stream.id.view()));
    }
    stream.gathered = false;
    stream.based_on = {};
  }
  step_ = Step::Gather;
  return Wait::None;
}

}  // namespace eventcore::detail
