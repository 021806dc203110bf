#include "scratch_store.hpp"

#include <algorithm>

#include "eventcore/codec.hpp"

namespace eventcore::bench {

void fill_store(EventStore& store, const std::vector<StreamId>& ids, std::uint64_t events) {
  const std::string payload = encoded_event();
  constexpr std::size_t kStreamsOfABatch = 500;
  std::size_t next = 0;
  for (std::uint64_t written = 0; written < events;) {
    WriteBatch batch;
    batch.info.id =
        mint_uuid(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    batch.info.command_type = "fill";
    const std::size_t count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kStreamsOfABatch, events - written));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t stream = batch.add_stream(ids[next], ExpectedVersion::any());
      batch.add_event(stream, "recorded", 1, payload);
      next = (next + 1) % ids.size();
    }
    const Result<WriteResult> result = store.append(batch);
    if (!result) give_up(describe(result.error()));
    written += count;
  }
}

}  // namespace eventcore::bench
