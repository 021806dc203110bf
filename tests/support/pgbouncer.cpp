#include "pgbouncer.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace eventcore::testing {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLimit{60};
constexpr std::chrono::milliseconds kPollPause{5};

// Debian keeps it where PATH of a user may not look.
constexpr const char* kProgram = "/usr/sbin/pgbouncer";

}  // namespace

PgBouncer::PgBouncer(const PostgresServer& server, const PgBouncerOptions& options)
    : PgBouncer(server.server(), options) {}

PgBouncer::PgBouncer(const std::string& server, const PgBouncerOptions& options) {
  if (!std::filesystem::exists(kProgram)) {
    throw std::runtime_error("pgbouncer is not installed: scripts/bootstrap tests");
  }
  // The user is whom the client says.
  const std::string target = server.substr(0, server.find(" user="));
  std::ofstream config(folder_.path() / "pgbouncer.ini");
  config << "[databases]\n* = " << target << "\n[pgbouncer]\n"
         << "listen_addr = 127.0.0.1\nlisten_port = " << port_.number()
         << "\nunix_socket_dir = " << folder_.path().string()
         << "\nauth_type = trust\nauth_file = " << (folder_.path() / "users").string()
         << "\nmax_client_conn = 500\nserver_login_retry = 0"
         // Other parameters of a client's start are refused.
         << "\nignore_startup_parameters = extra_float_digits,options\n";
  for (const std::string& one : options.settings) config << one << '\n';
  std::ofstream users(folder_.path() / "users");
  for (const std::string& one : options.users) users << '"' << one << "\" \"\"\n";
  config.close();
  users.close();
  give_to_server(folder_.path());
  start();
}

PgBouncer::~PgBouncer() = default;

std::string PgBouncer::server() const {
  return "host=127.0.0.1 port=" + std::to_string(port_.number()) + " user=postgres";
}

void PgBouncer::restart() {
  process_.reset();
  start();
}

void PgBouncer::start() {
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{kProgram, folder_.path() / "pgbouncer.ini"}, log(), RunAs::Server,
      SIGKILL);
  // Its own console, which needs no server; by the socket, which no other one has.
  const std::string console = "host=" + folder_.path().string() +
                              " port=" + std::to_string(port_.number()) +
                              " user=postgres dbname=pgbouncer";
  for (const Clock::time_point limit = Clock::now() + kLimit;
       PQping(console.c_str()) != PQPING_OK;) {
    if (!process_->running() || Clock::now() > limit) {
      process_.reset();
      throw std::runtime_error("pgbouncer does not start:\n" + tail_of(log()));
    }
    std::this_thread::sleep_for(kPollPause);
  }
}

}  // namespace eventcore::testing
