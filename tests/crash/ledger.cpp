#include "ledger.hpp"

#include <algorithm>
#include <chrono>

#include "eventcore/store_administration.hpp"

namespace eventcore::crash {
namespace {

constexpr std::size_t kProblemsShown = 20;

std::string key_of(const Uuid& id) {
  return id.bytes[15] % 3 == 0 ? "key-" + id.to_string() : std::string();
}

std::size_t events_of(const Uuid& id) { return std::size_t{1} + id.bytes[14] % 4; }

std::string payload_of(const Uuid& id, std::size_t ordinal) {
  const std::size_t size = 10 + std::size_t{id.bytes[13]} * (id.bytes[12] % 16 == 0 ? 40 : 1);
  std::string payload = id.to_string() + "/" + std::to_string(ordinal) + "/";
  payload.append(size, static_cast<char>('a' + id.bytes[11] % 26));
  return payload;
}

std::string stream_of(const Uuid& id, std::size_t ordinal) {
  if (ordinal == 1) return "new-" + id.to_string();
  return "stream-" + std::to_string((id.bytes[10] + ordinal) % 50);
}

}  // namespace

Uuid Ledger::new_id() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(system_clock().wall());
  return mint_uuid(now);
}

WriteBatch Ledger::batch_of(const Uuid& id) {
  WriteBatch batch;
  batch.info.id = id;
  batch.info.command_type = "crash";
  batch.info.key = key_of(id);
  for (std::size_t i = 0; i < events_of(id); ++i) {
    const StreamId stream = StreamId::parse(stream_of(id, i)).value();
    const auto known = batch.find_stream(stream.view());
    const auto index = known ? *known : batch.add_stream(stream, ExpectedVersion::any());
    batch.add_event(index, "Happened", 1, payload_of(id, i));
  }
  return batch;
}

std::size_t Ledger::acknowledged() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [](const auto& entry) { return entry.second.has_value(); }));
}

std::vector<std::string> Ledger::check(EventStore& store) {
  std::vector<std::string> problems;
  found_.clear();
  check_log(store, problems);
  check_present(problems);
  check_keys(store, problems);
  check_usable(store, problems);
  const auto report = store.administration().verify({});
  if (!report) {
    problems.push_back("verify: " + describe(report.error()));
  } else {
    for (const Finding& finding : report->findings) {
      problems.push_back("verify: " + finding.check + " at " +
                         std::to_string(finding.position.value) + ": " + finding.message);
    }
  }
  if (problems.size() > kProblemsShown) problems.resize(kProblemsShown);
  return problems;
}

void Ledger::check_log(EventStore& store, std::vector<std::string>& problems) {
  LogQuery query;
  query.with_batch = true;
  std::map<Uuid, std::size_t> seen;
  for (bool more = true; more;) {
    const auto page = store.read(query);
    if (!page) return problems.push_back("read: " + describe(page.error()));
    for (const StoredEvent& event : page->events) {
      const Uuid& id = event.batch->id;
      if (event.batch->command_type != "crash") continue;
      if (!entries_.contains(id)) problems.push_back("nobody wrote batch " + id.to_string());
      const std::size_t ordinal = seen[id]++;
      if (ordinal == 0) found_.emplace(id, event.position);
      if (ordinal != event.ordinal || event.batch->events != events_of(id) ||
          event.batch->first != found_[id]) {
        problems.push_back("batch " + id.to_string() + " is there twice or in pieces");
      }
      if (event.payload != payload_of(id, ordinal) || event.stream != stream_of(id, ordinal)) {
        problems.push_back("batch " + id.to_string() + " has other content");
      }
    }
    query.after = page->scanned_to;
    more = page->more;
  }
  for (const auto& [id, events] : seen) {
    if (events != events_of(id)) problems.push_back("batch " + id.to_string() + " is half there");
  }
}

void Ledger::check_present(std::vector<std::string>& problems) {
  for (const auto& [id, first] : entries_) {
    const auto found = found_.find(id);
    if (first && found == found_.end()) {
      problems.push_back("acknowledged batch " + id.to_string() + " is lost");
    } else if (first && found->second != *first) {
      problems.push_back("acknowledged batch " + id.to_string() + " is somewhere else");
    } else if (found != found_.end() && ruled_out_.contains(id)) {
      problems.push_back("batch " + id.to_string() + " is there, though nothing was written");
    }
  }
}

// Whoever did not hear the outcome asks again with the same key and gets it exactly once.
void Ledger::check_keys(EventStore& store, std::vector<std::string>& problems) {
  std::size_t asked = 0;
  for (const auto& [id, first] : entries_) {
    if (key_of(id).empty() || (first && asked > 10)) continue;
    ++asked;
    WriteBatch batch = batch_of(id);
    const auto result = store.append(batch);
    const auto found = found_.find(id);
    if (!result) {
      problems.push_back("asking again: " + describe(result.error()));
    } else if (result->replayed != (found != found_.end()) ||
               (result->replayed && result->first != found->second)) {
      problems.push_back("batch " + id.to_string() + " was not replayed as it is stored");
    } else {
      acknowledge(id, *result);
      ruled_out_.erase(id);
    }
  }
}

void Ledger::check_usable(EventStore& store, std::vector<std::string>& problems) {
  const Uuid id = new_id();
  intend(id);
  WriteBatch batch = batch_of(id);
  const auto result = store.append(batch);
  if (!result) return problems.push_back("it no longer works: " + describe(result.error()));
  acknowledge(id, *result);
  const auto page = store.read_stream(StreamId::parse(stream_of(id, 0)).value(),
                                      {.limit = 1, .direction = ReadOptions::Direction::Backward});
  if (!page || page->events.empty()) problems.push_back("what was appended last can't be read");
}

}  // namespace eventcore::crash
