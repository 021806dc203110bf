// What do durable commands cost on PostgreSQL, against what one would write without us?

#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "comparisons.hpp"
#include "eventcore/postgres_store.hpp"
#include "postgres_alternatives.hpp"
#include "scratch_server.hpp"
#include "scratch_store.hpp"

namespace eventcore::bench {

namespace {

constexpr std::size_t kStreams = 10'000;
constexpr int kProcesses = 4;
constexpr int kCallers = 16;

const std::vector<StreamId>& accounts() { return stream_ids("account-", kStreams); }

std::unique_ptr<EventStore> open_at(const std::string& conninfo, bool notify = true) {
  PostgresStoreOptions options;
  options.conninfo = conninfo;
  options.notify = notify;
  Result<std::unique_ptr<EventStore>> store = open_postgres_store(options);
  if (!store) give_up(describe(store.error()));
  return *std::move(store);
}

/// What the comparisons of one run share.
class Databases {
 public:
  explicit Databases(const Effort& effort)
      : effort_(effort), events_(effort.stored_events / 4), server_(effort) {}

  [[nodiscard]] double seconds() const noexcept { return effort_.seconds; }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

  /// A store of EventCore that holds `events()`.
  std::string ours() {
    return server_.copy_of("ours", [this](const std::string& conninfo) {
      const std::unique_ptr<EventStore> store = open_at(conninfo);
      fill_store(*store, accounts(), events_);
      const Result<void> closed = store->close({});
      if (!closed) give_up(describe(closed.error()));
    });
  }
  /// The usual table and that of the third alternative, with as many.
  PostgresLoad usual(int callers) { return load("usual", fill_usual_table, callers); }
  PostgresLoad locked(int callers) { return load("locked", fill_locked_table, callers); }

 private:
  PostgresLoad load(const std::string& name, void (*fill)(const PostgresLoad&, std::uint64_t),
                    int callers) {
    PostgresLoad load{.conninfo = {},
                      .callers = callers,
                      .streams = kStreams,
                      .payload = encoded_event(),
                      .seconds = effort_.seconds};
    load.conninfo = server_.copy_of(name, [&](const std::string& conninfo) {
      PostgresLoad empty = load;
      empty.conninfo = conninfo;
      fill(empty, events_);
    });
    return load;
  }

  const Effort effort_;
  const std::uint64_t events_;
  ScratchServer server_;
};

using Shared = std::shared_ptr<Databases>;

double blocking(Databases& databases, int callers, bool notify = true) {
  const std::unique_ptr<EventStore> store = open_at(databases.ours(), notify);
  CommandExecutor executor(*store);
  warm_up(executor, accounts());
  return run_blocking(executor, callers, uniform_pairs(accounts()), databases.seconds());
}

double in_flight(Databases& databases, int commands) {
  const std::unique_ptr<EventStore> store = open_at(databases.ours());
  CommandExecutor executor(*store);
  warm_up(executor, accounts());
  return run_in_flight(executor, commands, uniform_pairs(accounts()), databases.seconds());
}

/// One of several writing processes. It starts when all are ready.
struct Process {
  pid_t id = 0;
  int start = -1;   ///< Where it waits for a byte.
  int answer = -1;  ///< Where it says that it is ready, then its commands a second.
};

[[noreturn]] void write_as_process(const std::string& conninfo, double seconds, int start,
                                   int answer) {
  const std::unique_ptr<EventStore> store = open_at(conninfo);
  CommandExecutor executor(*store);
  warm_up(executor, accounts());
  char byte = 'r';
  if (write(answer, &byte, 1) != 1 || read(start, &byte, 1) != 1) _exit(1);
  const double rate = run_blocking(executor, kCallers, uniform_pairs(accounts()), seconds);
  _exit(write(answer, &rate, sizeof rate) == sizeof rate ? 0 : 1);
}

/// The thread that watches the server is not copied by fork: it waits in the kernel and holds
/// nothing that the process needs.
Process fork_writer(const std::string& conninfo, double seconds) {
  int starts[2];
  int answers[2];
  if (pipe(starts) != 0 || pipe(answers) != 0) give_up("no pipe");
  const pid_t id = fork();
  if (id < 0) give_up("no process");
  if (id == 0) write_as_process(conninfo, seconds, starts[0], answers[1]);
  close(starts[0]);
  close(answers[1]);
  return {id, starts[1], answers[0]};
}

double processes_together(Databases& databases) {
  const std::string conninfo = databases.ours();
  accounts();  // before there are processes: made once
  std::vector<Process> processes;
  for (int i = 0; i < kProcesses; ++i) {
    processes.push_back(fork_writer(conninfo, databases.seconds()));
    // One after the other: their first commands touch all streams.
    char ready = 0;
    if (read(processes.back().answer, &ready, 1) != 1) give_up("a writing process failed");
  }
  double together = 0;
  for (const Process& process : processes) {
    if (write(process.start, "s", 1) != 1) give_up("a writing process failed");
  }
  for (const Process& process : processes) {
    double rate = 0;
    const ssize_t got = read(process.answer, &rate, sizeof rate);
    close(process.start);
    close(process.answer);
    waitpid(process.id, nullptr, 0);
    if (got != sizeof rate) give_up("a writing process failed");
    together += rate;
  }
  return together;
}

Side executor_16(const Shared& databases) {
  return {"executor", [databases] { return blocking(*databases, kCallers); }};
}

Side classic(const Shared& databases, int callers) {
  return {"six round trips, " + std::to_string(callers) + " connections",
          [databases, callers] { return classic_round_trips(databases->usual(callers)); }};
}

Side function(const Shared& databases, int callers) {
  return {"function of one round trip, " + std::to_string(callers) + " connections",
          [databases, callers] { return one_round_trip(databases->usual(callers)); }};
}

}  // namespace

std::vector<Comparison> postgres_comparisons(const Effort& effort) {
  const auto databases = std::make_shared<Databases>(effort);
  return {
      {"postgres, 1 caller, one round trip",
       "what does a lone caller pay?",
       {"executor", [databases] { return blocking(*databases, 1); }},
       function(databases, 1)},
      {"postgres, 16 callers, six round trips", "what does group commit give blocking callers?",
       executor_16(databases), classic(databases, kCallers), 3.5, 5},
      {"postgres, 16 callers, one round trip", "and against the best function?",
       executor_16(databases), function(databases, kCallers), 1.6, 2},
      {"postgres, 16 callers, 3N+4 round trips",
       "and against locks, reads and a trigger?",
       executor_16(databases),
       {"ten round trips, 16 connections",
        [databases] { return locked_round_trips(databases->locked(kCallers)); }},
       5},
      {"postgres, 128 in flight, six round trips",
       "what do submitted commands give?",
       {"executor", [databases] { return in_flight(*databases, 128); }},
       classic(databases, kCallers),
       8,
       12},
      {"postgres, four processes, six round trips",
       "what do processes on one database reach together?",
       {"four executors, 16 callers each", [databases] { return processes_together(*databases); }},
       classic(databases, kCallers),
       5},
      {"postgres, 16 callers, against no notifications",
       "what do notifications cost?",
       executor_16(databases),
       {"executor, no LISTEN and NOTIFY",
        [databases] { return blocking(*databases, kCallers, false); }},
       0.95},
      {"postgres, replay",
       "what does reading by pages give?",
       {"pages of events",
        [databases] {
          const std::unique_ptr<EventStore> store = open_at(databases->ours());
          return run_replay(*store, databases->events(), false);
        }},
       {"binary cursor, FETCH 1000",
        [databases] { return cursor_replay(databases->usual(1).conninfo); }},
       1.5},
  };
}

}  // namespace eventcore::bench
