#include "random_workload.hpp"

#include <array>
#include <cstdlib>

#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

constexpr std::array<const char*, 7> kStreams = {"a-1", "a-2", "a_1", "A-1", "b/1", "b/x/1", "c"};
constexpr std::array<const char*, 3> kTypes = {"Opened", "Moved", "Closed"};
constexpr std::array<const char*, 5> kPatterns = {"a?1", "*1", "b/**/1", "[!a]*", "a-[12]"};
constexpr std::array<const char*, 4> kPrefixes = {"a", "a_", "b/", "zzz"};

}  // namespace

std::uint64_t workload_seed() {
  if (const char* text = std::getenv("EVENTCORE_SEED")) return std::strtoull(text, nullptr, 10);
  return std::random_device{}();
}

std::string RandomWorkload::stream() { return kStreams[below(kStreams.size())]; }
std::string RandomWorkload::type() { return kTypes[below(kTypes.size())]; }

ExpectedVersion RandomWorkload::expectation(const Model& model, const std::string& stream) {
  const StreamVersion current = model.version(stream, model.head());
  switch (below(8)) {
    case 0:
      return at(below(current.value + 2));  // mostly stale, sometimes ahead
    case 1:
      return ExpectedVersion::stream_exists();
    case 2:
      return current.value == 0 || one_in(6) ? ExpectedVersion::no_stream() : any();
    case 3:
    case 4:
      return any();
    default:
      return ExpectedVersion::exactly(current);
  }
}

WriteBatch RandomWorkload::batch(const Model& model) {
  WriteBatch batch = batch_of({});
  const std::uint64_t streams = 1 + below(3);
  while (batch.streams().size() < streams) {
    const std::string name = stream();
    if (!batch.find_stream(name)) batch.add_stream(id(name), expectation(model, name));
  }
  const std::uint64_t events = below(6);
  for (std::uint64_t i = 0; i < events; ++i) {
    batch.add_event(static_cast<std::uint32_t>(below(streams)), type(), 1,
                    std::to_string(++payloads_));
  }
  if (one_in(4)) batch.info.key = "k" + std::to_string(below(40));
  if (one_in(5)) batch.info.command_type = "another";
  return batch;
}

StreamsQuery RandomWorkload::streams_query(const Model& model) {
  StreamsQuery query;
  const std::uint64_t first = below(kStreams.size());
  const std::uint64_t count = 1 + below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    StreamRange range{.stream = id(kStreams[(first + i) % kStreams.size()])};
    if (one_in(2)) range.after = {below(10)};
    if (one_in(3)) range.before = {range.after.value + below(10)};
    query.streams.push_back(std::move(range));
  }
  if (one_in(2)) query.at = Position{below(model.head().value + 1)};
  query.order = static_cast<ReadOrder>(below(3));
  if (one_in(2)) query.events_max = below(12);
  return query;
}

LogQuery RandomWorkload::log_query(const Model& model) {
  LogQuery query;
  query.after = {below(model.head().value + 1)};
  if (one_in(3)) query.until = query.after + below(40);
  if (one_in(3)) query.filter.stream(id(stream()));
  if (one_in(4)) query.filter.prefix(must(StreamPrefix::parse(kPrefixes[below(4)])));
  if (one_in(4)) query.filter.pattern(must(StreamPattern::parse(kPatterns[below(5)])));
  if (one_in(3)) query.filter.type(type());
  if (one_in(2)) query.events_max = below(12);
  return query;
}

}  // namespace eventcore::testing::contract
