#include "postgres_server.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "postgres_connection.hpp"
#include "postgres_template.hpp"

namespace eventcore::testing {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLimit{60};
constexpr std::chrono::milliseconds kPollPause{5};

int version_of(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  int version = 0;
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

PostgresServerOptions as_standby(PostgresServerOptions options) {
  // What the primary calls it, unless the conninfo that it follows says otherwise.
  options.settings.emplace_back("cluster_name=standby");
  // How soon it tries again to follow; five seconds without.
  options.settings.emplace_back("wal_retrieve_retry_interval=100ms");
  return options;
}

}  // namespace

std::string postgres_program(const std::string& name) {
  // Debian keeps the servers' programs out of PATH, a folder a version.
  std::filesystem::path newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (!std::filesystem::exists(entry.path() / "bin" / name)) continue;
    if (newest.empty() || version_of(entry.path()) > version_of(newest)) newest = entry.path();
  }
  if (newest.empty()) {
    throw std::runtime_error("PostgreSQL's " + name + " is not installed: scripts/bootstrap tests");
  }
  return newest / "bin" / name;
}

PostgresServer::PostgresServer(PostgresServerOptions options) : options_(std::move(options)) {
  data_ = data_folder();
  copy_new_cluster(data_, log());
  start();
}

PostgresServer::PostgresServer(PostgresServer& primary, PostgresServerOptions options)
    : options_(as_standby(std::move(options))) {
  data_ = data_folder();
  run_program({postgres_program("pg_basebackup"), "--pgdata", data_, "--dbname", primary.conninfo(),
               "--write-recovery-conf", "--wal-method=stream", "--create-slot", "--slot=standby",
               "--checkpoint=fast", "--no-sync"},
              log(), RunAs::Server);
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ != nullptr) {
    process_->resume();
    process_->send(SIGQUIT);
    try {
      process_->wait(kLimit);
    } catch (const std::exception& problem) {
      std::cerr << "PostgreSQL: " << problem.what() << '\n';
    }
    process_.reset();
  }
  if (options_.failed && options_.failed()) {
    std::cerr << "PostgreSQL on port " << port() << " logged:\n" << tail_of(log()) << '\n';
  }
}

std::filesystem::path PostgresServer::data_folder() {
  return options_.data_parent.empty() ? folder_.path() / "data"
                                      : folder_.place_elsewhere(options_.data_parent);
}

std::string PostgresServer::server() const {
  return "host=127.0.0.1 port=" + std::to_string(port()) + " user=postgres";
}

std::string PostgresServer::socket_conninfo(const std::string& database) const {
  return "host=" + folder_.path().string() + " port=" + std::to_string(port()) +
         " user=postgres dbname=" + database;
}

std::vector<std::string> PostgresServer::command() const {
  std::vector<std::string> command{postgres_program("postgres"),
                                   "-D",
                                   data_,
                                   "-p",
                                   std::to_string(port()),
                                   "-k",
                                   folder_.path(),
                                   "-h",
                                   "127.0.0.1"};
  std::vector<std::string> settings{"max_connections=200"};
  if (!options_.durable) {
    for (const char* one : {"fsync=off", "full_page_writes=off"}) settings.emplace_back(one);
  }
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const std::string& one : settings) {
    command.emplace_back("-c");
    command.push_back(one);
  }
  return command;
}

bool PostgresServer::answers() const {
  // By the socket, which no other server has.
  return PQping(socket_conninfo().c_str()) == PQPING_OK;
}

void PostgresServer::start() {
  if (running()) throw std::runtime_error("PostgreSQL runs already");
  process_ = std::make_unique<ChildProcess>(command(), log(), RunAs::Server, SIGQUIT);
  for (const Clock::time_point limit = Clock::now() + kLimit; !answers();) {
    if (!process_->running() || Clock::now() > limit) {
      process_.reset();
      throw std::runtime_error("PostgreSQL does not start:\n" + tail_of(log()));
    }
    std::this_thread::sleep_for(kPollPause);
  }
}

void PostgresServer::stop(StopMode mode) {
  if (process_ == nullptr) return;
  process_->send(mode == StopMode::Fast ? SIGINT : SIGQUIT);
  process_->wait(kLimit);
  process_.reset();
}

void PostgresServer::promote() {
  const std::string promoted =
      PostgresConnection(conninfo()).value("SELECT pg_promote(true, 60)::text");
  if (promoted != "true") throw std::runtime_error("the standby is not promoted");
}

void PostgresServer::rewind_to(const PostgresServer& primary) {
  if (running()) throw std::runtime_error("PostgreSQL runs: it can't be rewound");
  // Before its first checkpoint the primary still seems to be on the old timeline, and pg_rewind
  // finds nothing to do.
  PostgresConnection(primary.conninfo()).run("CHECKPOINT");
  // pg_rewind recovers from a crash with the settings of this file. It brings that of the primary.
  std::ofstream(data_ / "postgresql.conf", std::ios::app) << "wal_log_hints = on\n";
  run_program({postgres_program("pg_rewind"), "--target-pgdata", data_, "--source-server",
               primary.conninfo(), "--write-recovery-conf", "--no-sync"},
              log(), RunAs::Server);
  options_ = as_standby(std::move(options_));
  start();
}

void PostgresServer::write_file(const std::string& name, std::string_view text) {
  const std::filesystem::path path = data_ / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  give_to_server(path);
}

const std::string& shared_postgres() {
  // Lives as long as the process: tests run one after the other, in any order.
  static std::unique_ptr<PostgresServer> own;
  static const std::string kConninfo = [] {
    const char* file = std::getenv("EVENTCORE_POSTGRES");
    std::string conninfo;
    if (file != nullptr) std::getline(std::ifstream(file), conninfo);
    if (!conninfo.empty()) return conninfo;
    own = std::make_unique<PostgresServer>();
    return own->server();
  }();
  return kConninfo;
}

}  // namespace eventcore::testing
