// A read model: follows the log, counts what was sold, and goes on where it stopped. The counts and
// the position that they stand for are saved together, so that no crash parts them.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eventcore/json.hpp"
#include "eventcore/sqlite_store.hpp"
#include "eventcore/tail_reader.hpp"

using namespace eventcore;
namespace fs = std::filesystem;

struct Sold {
  std::string product;
  std::int64_t quantity = 0;
  static constexpr auto describe() {
    return describe_event("sold", 1, field("product", &Sold::product),
                          field("quantity", &Sold::quantity));
  }
};

struct SoldByProduct {
  std::uint64_t position = 0;  // what is in the log up to here is in the counts
  std::map<std::string, std::int64_t> quantities;
  static constexpr auto describe() {
    return describe_value(field("position", &SoldByProduct::position),
                          field("quantities", &SoldByProduct::quantities));
  }
};

Result<SoldByProduct> load(const fs::path& file) {
  if (!fs::exists(file)) return SoldByProduct{};
  std::ifstream in(file);
  return from_json<SoldByProduct>(std::string(std::istreambuf_iterator<char>(in), {}));
}

// Renaming replaces the file in one step: who dies before leaves the old one, counts the same
// events again and comes to the same. (To survive a power cut, sync the new file first.)
Result<void> save(const SoldByProduct& model, const fs::path& file) {
  const fs::path unfinished = file.string() + ".new";
  std::ofstream out(unfinished);
  out << to_json(model).value();
  out.close();
  if (!out) return make_error(ErrorCode::Unavailable, "the read model can't be written");
  fs::rename(unfinished, file);
  return {};
}

// Counts a page. What is there is returned at once; else the call waits until the deadline. A
// service repeats it until it is stopped.
Result<void> count_page(TailReader& tail, SoldByProduct& model) {
  const Result<EventPage> page = tail.next(Deadline::after(std::chrono::seconds(5)));
  if (!page) return page.error();
  for (const StoredEvent& event : page->events) {
    const Result<Sold> sold = decode_event<Sold>(event.schema_version, event.payload);
    if (!sold) return sold.error();
    model.quantities[sold->product] += sold->quantity;
  }
  // Not that of the last event: behind it may be many that the filter leaves out.
  model.position = tail.position().value;
  return {};
}

Result<void> follow(EventStore& store, const fs::path& file) {
  Result<SoldByProduct> model = load(file);
  if (!model) return model.error();
  const Position start{model->position};
  TailReader tail(store, start, EventFilter().type<Sold>(), {.events_max = 2});
  do {
    if (Result<void> counted = count_page(tail, *model); !counted) return counted;
    if (Result<void> saved = save(*model, file); !saved) return saved;
  } while (tail.position() < store.head());
  std::cout << "from " << start.value << " to " << model->position << ':';
  for (const auto& [product, sold] : model->quantities) std::cout << ' ' << product << ' ' << sold;
  std::cout << '\n';
  return {};
}

// One run of the program; the next one finds the log and the read model in their files.
Result<void> run(const fs::path& log, const fs::path& model, const std::vector<Sold>& sales) {
  const Result<std::unique_ptr<EventStore>> store = open_sqlite_store({.path = log});
  if (!store) return store.error();
  for (const Sold& sold : sales) {  // stands for the commands that sell
    const EventToWrite event{StreamId::literal("sales"), "sold", to_json(sold).value()};
    if (auto written = (*store)->write_events({&event, 1}); !written) return written.error();
  }
  return follow(**store, model);
}

int main() {
  std::string folder = (fs::temp_directory_path() / "read_model_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const fs::path model = fs::path(folder) / "sold.json";
  Result<void> first = run(folder + "/log.db", model, {{"tea", 2}, {"cup", 1}, {"tea", 3}});
  Result<void> second = run(folder + "/log.db", model, {{"cup", 4}});
  // A log that was restored from an older backup ends before what the model has counted. To go on
  // would count some events twice and others never: begin again at 0.
  Result<void> restored = run(folder + "/old_backup.db", model, {{"tea", 2}});
  for (const Result<void>& result : {first, second, restored}) {
    if (!result) std::cout << describe(result.error()) << '\n';
  }
  fs::remove_all(folder);
}
