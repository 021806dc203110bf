#include "standby_pair.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "postgres_connection.hpp"

namespace eventcore::testing {

namespace {

constexpr std::chrono::seconds kLimit{60};
constexpr std::chrono::milliseconds kPollPause{10};

PostgresServerOptions rewindable(PostgresServerOptions options) {
  options.settings.emplace_back("wal_log_hints=on");
  // What pg_rewind and a rewound server read, from before the failure.
  options.settings.emplace_back("wal_keep_size=1GB");
  return options;
}

}  // namespace

StandbyPair::StandbyPair(const PostgresServerOptions& options)
    : primary_(std::make_unique<PostgresServer>(rewindable(options))),
      standby_(std::make_unique<PostgresServer>(*primary_, rewindable(options))) {
  await_standby();
}

void StandbyPair::await_standby() {
  PostgresConnection connection(primary_->conninfo());
  // After the copy: the standby must not wait for itself when it is the primary.
  connection.run("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'");
  connection.run("SELECT pg_reload_conf()");
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (connection.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND "
                          "application_name = 'standby'") != "1") {
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error("the standby does not follow:\n" + tail_of(standby_->log()));
    }
    std::this_thread::sleep_for(kPollPause);
  }
}

std::string StandbyPair::server() const {
  return "host=127.0.0.1,127.0.0.1 port=" + std::to_string(primary_->port()) + "," +
         std::to_string(standby_->port()) +
         " user=postgres target_session_attrs=read-write connect_timeout=2";
}

void StandbyPair::fail_over() {
  primary_->stop(StopMode::Immediate);
  standby_->promote();
}

void StandbyPair::rejoin() {
  PostgresConnection(standby_->conninfo())
      .run("SELECT pg_create_physical_replication_slot('standby')");
  primary_->rewind_to(*standby_);
  std::swap(primary_, standby_);
  await_standby();
}

}  // namespace eventcore::testing
