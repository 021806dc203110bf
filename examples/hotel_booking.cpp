// Books a stay of several nights: each night is a stream, the guest is another. A caller's key
// makes repeating a request harmless.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;

struct NightBooked {
  std::string booking;
  static constexpr auto describe() {
    return describe_event("night_booked", 1, field("booking", &NightBooked::booking));
  }
};
struct StayBooked {
  std::string booking;
  std::vector<std::string> nights;
  static constexpr auto describe() {
    return describe_event("stay_booked", 1, field("booking", &StayBooked::booking),
                          field("nights", &StayBooked::nights));
  }
};

struct Night {
  using Events = std::variant<NightBooked>;
  int rooms_booked = 0;
  static void apply(Night& night, const Events&, const EventInfo&) { ++night.rooms_booked; }
};
struct Guest {
  using Events = std::variant<StayBooked>;
  int stays = 0;
  static void apply(Guest& guest, const Events&, const EventInfo&) { ++guest.stays; }
};

constexpr int kRooms = 2;

struct Refusal {
  FixedName code = "no_room";
  std::string night;
};

struct BookStay {
  static constexpr std::string_view name = "book_stay";
  using Event = std::variant<NightBooked, StayBooked>;
  using Rejection = Refusal;
  std::string booking;
  StreamId guest;
  std::vector<StreamId> nights;

  auto reads() const { return eventcore::reads(stream<Guest>(guest), streams<Night>(nights)); }

  BasicDecision<Refusal> handle(const Guest&, const Folds<Night>& booked,
                                Emitter<Event>& emit) const {
    StayBooked stay{booking, {}};
    for (std::size_t i = 0; i < nights.size(); ++i) {
      const std::string& night = nights[i].text();
      // A fold is the state before this command: one night twice would be counted once.
      if (std::find(stay.nights.begin(), stay.nights.end(), night) != stay.nights.end()) {
        return reject(Refusal{.code = "night_twice", .night = night});
      }
      if (booked[i].rooms_booked >= kRooms) return reject(Refusal{.night = night});
      emit(nights[i], NightBooked{booking});
      stay.nights.push_back(night);
    }
    emit(guest, stay);
    return accept();
  }
};

// What a request says. Ids made from input are parsed, and a bad one is an answer, not a crash.
struct Request {
  std::string booking;
  std::string guest;
  std::vector<std::string> nights;
};

Result<BookStay> parse(const Request& request) {
  Result<StreamId> guest = StreamId::of("guest-", request.guest);
  if (!guest) return std::move(guest).error();
  BookStay command{request.booking, *std::move(guest), {}};
  for (const std::string& night : request.nights) {
    Result<StreamId> stream = StreamId::of("night-", night);
    if (!stream) return std::move(stream).error();
    command.nights.push_back(*std::move(stream));
  }
  return command;
}

std::string book(CommandExecutor& executor, const Request& request) {
  const Result<BookStay> command = parse(request);
  if (!command) return describe(command.error());
  const auto result = executor.execute(*command, {.idempotency_key = "booking:" + request.booking});
  if (!result) return describe(result.error());
  if (result->rejected()) {
    return std::string(result->rejection()->code.view()) + ": " + result->rejection()->night;
  }
  return result->replayed() ? "was booked before" : "booked";
}

int main() {
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor(*store);
  for (const Request& request : std::vector<Request>{
           {"b1", "ann", {"2026-05-01", "2026-05-02"}},
           {"b2", "ben", {"2026-05-02", "2026-05-03"}},
           {"b1", "ann", {"2026-05-01", "2026-05-02"}},
           {"b3", "cay", {"2026-05-01", "2026-05-02"}},
           {"b4", "dee", {"2026-05-09", "2026-05-09"}},
           {"b5", "eve", {"2026-05-*"}},
       }) {
    std::cout << request.booking << ": " << book(executor, request) << '\n';
  }
}
