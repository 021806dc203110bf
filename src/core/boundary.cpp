#include "eventcore/detail/boundary.hpp"

#include "eventcore/reads.hpp"
#include "text_hash.hpp"
#include "user_code.hpp"

namespace eventcore {

namespace detail {

namespace {

// Below this many streams a linear search beats hashing.
constexpr std::size_t kIndexedFrom = 12;

}  // namespace

std::optional<std::uint32_t> Boundary::find_stream(std::string_view id,
                                                   std::uint64_t hash) const noexcept {
  const auto is_it = [&](const BoundaryStream& stream) {
    return stream.id.hash() == hash && same_text(stream.id.view(), id);
  };
  if (table_.empty()) {
    for (std::uint32_t i = 0; i < streams.size(); ++i) {
      if (is_it(streams[i])) return i;
    }
    return std::nullopt;
  }
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask; table_[at] != kNone; at = (at + 1) & mask) {
    if (is_it(streams[table_[at]])) return table_[at];
  }
  return std::nullopt;
}

void Boundary::index_stream(std::uint32_t stream) {
  if (streams.size() < kIndexedFrom) return;
  if (table_.size() < streams.size() * 2) {
    std::size_t size = 64;
    while (size < streams.size() * 4) size *= 2;
    table_.assign(size, kNone);
    for (std::uint32_t i = 0; i < stream; ++i) index_stream(i);
  }
  const std::size_t mask = table_.size() - 1;
  std::size_t at = streams[stream].id.hash() & mask;
  while (table_[at] != kNone) at = (at + 1) & mask;
  table_[at] = stream;
}

std::uint32_t Boundary::add_stream(StreamId id, bool discovered) {
  if (const auto found = find_stream(id)) return *found;
  const auto index = static_cast<std::uint32_t>(streams.size());
  streams.emplace_back(std::move(id), discovered);
  index_stream(index);
  return index;
}

void Boundary::add(StreamId stream, const FoldType& fold, std::uint32_t group, bool discovered) {
  const std::uint32_t index = add_stream(std::move(stream), discovered);
  BoundaryView view;
  view.stream = index;
  view.group = group;
  view.fold = &fold;
  view.discovered = discovered;
  view.next_of_stream =
      std::exchange(streams[index].first_view, static_cast<std::uint32_t>(views.size()));
  views.push_back(std::move(view));
}

void Boundary::add_merged(StreamId stream, const FoldType& fold, std::uint32_t group) {
  const std::uint32_t index = add_stream(std::move(stream), false);
  streams[index].merged = true;
  auto view = static_cast<std::uint32_t>(views.size());
  if (const BoundaryView* known = view_at(group, 0)) {
    view = static_cast<std::uint32_t>(known - views.data());
  } else {
    BoundaryView merged;
    merged.stream = index;
    merged.group = group;
    merged.fold = &fold;
    merged.merged = true;
    merged.cacheable = false;
    views.push_back(std::move(merged));
  }
  for (const MergedMember& member : members) {
    if (member.stream == index && member.view == view) return;
  }
  members.push_back({index, view});
}

const BoundaryView* Boundary::find_view(const StreamId& stream,
                                        std::uint32_t group) const noexcept {
  const auto index = find_stream(stream);
  if (!index) return nullptr;
  for (std::uint32_t i = streams[*index].first_view; i != kNone; i = views[i].next_of_stream) {
    if (views[i].group == group) return &views[i];
  }
  return nullptr;
}

const BoundaryView* Boundary::view_at(std::uint32_t group, std::size_t index) const noexcept {
  // The views of a declared group are contiguous and in order; those of discovered ones interleave.
  std::size_t begin = 0;
  while (begin < views.size() && views[begin].group != group) ++begin;
  if (begin + index < views.size() && views[begin + index].group == group && !views[begin].merged &&
      !views[begin].discovered) {
    return &views[begin + index];
  }
  for (std::size_t i = begin; i < views.size(); ++i) {
    if (views[i].group == group && index-- == 0) return &views[i];
  }
  return nullptr;
}

std::size_t Boundary::view_count(std::uint32_t group) const noexcept {
  std::size_t count = 0;
  for (const BoundaryView& view : views) count += view.group == group ? 1U : 0U;
  return count;
}

void Boundary::clear() noexcept {
  streams.clear();
  views.clear();
  members.clear();
  table_.clear();
}

void EmissionSink::emit(const StreamId& stream, const EmittedType& type, const void* event,
                        const Headers* headers) {
  if (error_) return;
  Result<void> emitted = try_emit(stream, type, event, headers);
  if (!emitted) error_ = std::move(emitted).error();
}

Result<void> EmissionSink::encode_headers(const Headers* headers) {
  encoded_headers_.clear();
  if (headers == nullptr) {
    if (common_headers_.empty()) return {};
    return common_headers_.encode(encoded_headers_);
  }
  if (common_headers_.empty()) return headers->encode(encoded_headers_);
  Headers all = common_headers_;
  for (const auto& [name, value] : headers->entries()) all.set(name, value);
  return all.encode(encoded_headers_);
}

Result<void> EmissionSink::try_emit(const StreamId& stream, const EmittedType& type,
                                    const void* event, const Headers* headers) {
  const auto index = boundary_.find_stream(stream);
  if (!index) {
    return make_error(ErrorCode::UndeclaredStream,
                      "the command emits '" + std::string(type.name) +
                          "' to a stream that its reads() does not list",
                      stream.view());
  }
  if (Result<void> encoded = encode_headers(headers); !encoded) return encoded;
  Result<void> added =
      batch_.encode_event(*index, type.name, type.version, encoded_headers_,
                          [&](std::string& out) { return type.encode(event, out); });
  if (!added) return added;
  BoundaryStream& target = boundary_.streams[*index];
  ++target.emitted;
  for (std::uint32_t i = target.first_view; i != kNone; i = boundary_.views[i].next_of_stream) {
    Result<void> applied = apply(boundary_.views[i], target, type, event);
    if (!applied) return applied;
  }
  return {};
}

Result<void> EmissionSink::apply(BoundaryView& view, const BoundaryStream& stream,
                                 const EmittedType& type, const void* event) {
  if (!view.next) view.next = view.fold->copy(view.state.get());
  const EventInfo info{stream.id.view(), stream.basis + stream.emitted, encoded_headers_};
  bool applied = false;
  Result<void> done =
      guarded("apply() of the emitted event", view.fold->name, [&]() -> Result<void> {
        applied = view.fold->apply_emitted(view.next.get(), type.tag, event, info);
        return {};
      });
  if (!done || applied) return done;

  const int alternative = view.fold->alternative(type.name);
  if (alternative == kIgnoredEvent) return {};
  if (alternative == kUnknownEvent) {
    if (view.fold->skips_unknown) {
      view.cacheable = false;
      return {};
    }
    return make_error(ErrorCode::UnknownEventType,
                      "the command emits '" + std::string(type.name) + "' to a stream that it " +
                          "reads through '" + std::string(view.fold->name) +
                          "', whose Events and Ignores do not list it",
                      stream.id.view());
  }
  // The fold knows the event as another C++ struct of the same stored name.
  std::string padded(batch_.event(batch_.event_count() - 1).payload);
  const std::size_t size = padded.size();
  padded.resize(size + limits::kPayloadPadding);
  StoredEvent stored;
  stored.stream = stream.id.view();
  stored.version = info.version;
  stored.type = type.name;
  stored.schema_version = type.version;
  stored.headers = encoded_headers_;
  stored.payload = std::string_view(padded).substr(0, size);
  return view.fold->apply_stored(view.next.get(), alternative, stored);
}

}  // namespace detail

void Discovery::request(const StreamId& id, const detail::FoldType& fold) {
  for (std::uint32_t group = 0; group < groups_.size(); ++group) {
    if (groups_[group] == &fold) {
      requests_.push_back({id, &fold, group});
      return;
    }
  }
  EVENTCORE_ASSERT(false, "discover asks for a fold that no discovered<F>() in reads() has");
}

void Discovery::add_to(detail::Boundary& boundary) const {
  for (const Request& request : requests_) {
    if (boundary.find_view(request.id, request.group) == nullptr) {
      boundary.add(request.id, *request.fold, request.group, true);
    }
  }
}

}  // namespace eventcore
