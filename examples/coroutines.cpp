// Many students enrol at once in courses with few seats, without a thread for each: coroutines wait
// for their commands. A completion does the same without a coroutine.

#include <atomic>
#include <coroutine>
#include <exception>
#include <future>
#include <iostream>
#include <latch>
#include <memory>
#include <string>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;

struct SeatTaken {
  std::string student;
  static constexpr auto describe() {
    return describe_event("seat_taken", 1, field("student", &SeatTaken::student));
  }
};

struct Course {
  using Events = std::variant<SeatTaken>;
  int seats_taken = 0;
  static void apply(Course& course, const Events&, const EventInfo&) { ++course.seats_taken; }
};

struct Enrol {
  static constexpr std::string_view name = "enrol";
  using Event = std::variant<SeatTaken>;
  StreamId course;
  int seats = 0;
  std::string student;

  auto reads() const { return eventcore::reads(stream<Course>(course)); }

  Decision handle(const Course& state, Emitter<Event>& emit) const {
    if (state.seats_taken >= seats) return reject("course_full");
    emit(course, SeatTaken{student});
    return accept();
  }
};

// The library has an awaitable and no coroutine type: use that of your framework. This one begins
// at once, and nobody waits for it.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

// Atomic: a coroutine resumes on a worker of the executor, each time perhaps on another.
struct Tally {
  std::atomic<int> algebra = 0;
  std::atomic<int> geometry = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> failed = 0;
};

// Algebra if there is a seat, else geometry: two steps that read as two statements. Parameters that
// are references must outlive the coroutine; the others are copied into it.
Detached enrol(CommandExecutor& executor, std::string student, Tally& tally, std::latch& done) {
  auto pending = executor.run(Enrol{StreamId::literal("course-algebra"), 25, student});
  auto result = co_await pending;
  if (result && result->rejected()) {
    auto second = executor.run(Enrol{StreamId::literal("course-geometry"), 10, student});
    result = co_await second;
    if (result && !result->rejected()) ++tally.geometry;
  } else if (result) {
    ++tally.algebra;
  }
  if (!result) ++tally.failed;
  if (result && result->rejected()) ++tally.refused;
  done.count_down();
}

int main() {
  constexpr int kStudents = 40;
  Tally tally;
  std::latch done(kStudents);
  std::promise<std::string> answer;
  const std::unique_ptr<EventStore> store = open_memory_store();
  // Last, so that its workers are gone before what they use.
  CommandExecutor executor(*store);

  for (int i = 0; i < kStudents; ++i) enrol(executor, "s" + std::to_string(i), tally, done);
  done.wait();
  std::cout << "algebra: " << tally.algebra << ", geometry: " << tally.geometry
            << ", refused: " << tally.refused << ", failed: " << tally.failed << '\n';

  // The same without a coroutine. A completion runs once, on a worker; it must not throw, and
  // what is to follow goes there through `submit`: `execute` would wait for its own thread.
  const Result<void> accepted =
      executor.submit(Enrol{StreamId::literal("course-algebra"), 25, "latecomer"},
                      [&answer](const Result<Executed<Enrol>>& result) {
                        answer.set_value(!result              ? describe(result.error())
                                         : result->rejected() ? "refused"
                                                              : "enrolled");
                      });
  // Not accepted, for example by a full queue: then the completion does not run.
  if (!accepted) answer.set_value(describe(accepted.error()));
  std::cout << "latecomer: " << answer.get_future().get() << '\n';
}
