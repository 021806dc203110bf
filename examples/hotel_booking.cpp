// Books a stay of several nights: each night is a stream, the guest is another. A caller's key
// makes repeating a request harmless.

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

struct NoRoom {
  FixedName code = "no_room";
  std::string night;
};

struct BookStay {
  static constexpr std::string_view name = "book_stay";
  using Event = std::variant<NightBooked, StayBooked>;
  using Rejection = NoRoom;
  std::string booking;
  StreamId guest;
  std::vector<std::string> nights;

  std::vector<StreamId> night_streams() const {
    std::vector<StreamId> streams;
    for (const std::string& night : nights) streams.push_back(StreamId::literal("night-" + night));
    return streams;
  }

  auto reads() const {
    return eventcore::reads(stream<Guest>(guest), streams<Night>(night_streams()));
  }

  BasicDecision<NoRoom> handle(const Guest&, const Folds<Night>& booked,
                               Emitter<Event>& emit) const {
    const std::vector<StreamId> streams = night_streams();
    for (std::size_t i = 0; i < booked.size(); ++i) {
      if (booked[i].rooms_booked >= kRooms) return reject(NoRoom{.night = nights[i]});
      emit(streams[i], NightBooked{booking});
    }
    emit(guest, StayBooked{booking, nights});
    return accept();
  }
};

int main() {
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor(*store);

  const auto book = [&](const std::string& booking, const std::string& guest,
                        std::vector<std::string> nights) {
    const auto result = executor.execute(
        BookStay{booking, StreamId::literal("guest-" + guest), std::move(nights)},
        {.idempotency_key = "booking:" + booking});
    std::cout << booking << ": ";
    if (!result) {
      std::cout << describe(result.error()) << '\n';
    } else if (result->rejected()) {
      std::cout << "no room on " << result->rejection()->night << '\n';
    } else {
      std::cout << (result->replayed() ? "was booked before" : "booked") << '\n';
    }
  };
  book("b1", "ann", {"2026-05-01", "2026-05-02"});
  book("b2", "ben", {"2026-05-02", "2026-05-03"});
  book("b1", "ann", {"2026-05-01", "2026-05-02"});
  book("b3", "cay", {"2026-05-01", "2026-05-02"});
}
