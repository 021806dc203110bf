#pragma once

/// \file
/// PostgreSQL servers for tests and benchmarks, each with data of its own. The programs are those
/// that are installed; the system's own clusters are not touched.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.hpp"
#include "loopback_port.hpp"
#include "server_folder.hpp"

namespace eventcore::testing {

struct PostgresServerOptions {
  /// Whether commits reach the disk. Tests that kill processes don't need it, only lost power does.
  bool durable = false;
  /// What else is set, `name=value`.
  std::vector<std::string> settings = {};
  /// Where the data is, on the disk that is to be measured; the temporary folder if empty.
  std::filesystem::path data_parent = {};
  /// Asked at the end: whether to print what the server logged, for example
  /// `::testing::Test::HasFailure`.
  std::function<bool()> failed = {};
};

enum class StopMode : std::uint8_t {
  Fast,       ///< Ends sessions, writes a checkpoint.
  Immediate,  ///< Drops everything, as a crash does; the next start recovers.
};

/// A running server on 127.0.0.1 and on a socket. Everybody may log in as `postgres`.
///
/// Starting one takes a quarter of a second, the first in a build folder a second more.
///
/// Thread-safety: One thread at a time; the conninfos from any.
/// Ownership: stops the server and removes its files. When this process is killed the server stops,
/// and the next one that is made removes its files.
/// Blocking: whatever waits gives up after a minute. What fails throws `std::runtime_error`.
class PostgresServer {
 public:
  explicit PostgresServer(PostgresServerOptions options = {});
  /// A standby that follows `primary`, which knows it by the name `standby`.
  PostgresServer(PostgresServer& primary, PostgresServerOptions options);
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  /// How libpq reaches it over TCP, without a database.
  [[nodiscard]] std::string server() const;
  [[nodiscard]] std::string conninfo(const std::string& database = "postgres") const {
    return server() + " dbname=" + database;
  }
  /// How libpq reaches it over its socket, which is faster.
  [[nodiscard]] std::string socket_conninfo(const std::string& database = "postgres") const;
  [[nodiscard]] int port() const noexcept { return port_.number(); }
  [[nodiscard]] bool running() const { return process_ != nullptr && process_->running(); }

  /// Returns when it accepts connections. The port and the data are those from before.
  void start();
  /// Returns when it has ended.
  void stop(StopMode mode);
  void restart(StopMode mode) {
    stop(mode);
    start();
  }
  /// Stops all of its processes where they are, until `resume`: a server that hangs.
  void pause() { process_->pause(); }
  void resume() { process_->resume(); }
  /// Makes a standby the primary; returns when it accepts writes.
  void promote();

  /// Makes this server, which ran as the primary and is stopped, follow `primary`, which took over
  /// from it: pg_rewind drops what it wrote alone. Both have to have run `durable` and with
  /// `wal_log_hints=on`. Returns when it accepts connections; the primary knows it as `standby`.
  void rewind_to(const PostgresServer& primary);

  /// Writes a file into its data folder that only it may read, such as pg_hba.conf or server.key.
  void write_file(const std::string& name, std::string_view text);
  [[nodiscard]] const std::filesystem::path& data() const noexcept { return data_; }
  [[nodiscard]] std::filesystem::path log() const { return folder_.path() / "log"; }

 private:
  [[nodiscard]] std::filesystem::path data_folder();
  [[nodiscard]] std::vector<std::string> command() const;
  [[nodiscard]] bool answers() const;

  PostgresServerOptions options_;
  const LoopbackPort port_;
  ServerFolder folder_;
  std::filesystem::path data_;
  std::unique_ptr<ChildProcess> process_;
};

/// The path of one of PostgreSQL's programs, of the newest version here. Throws: there is none.
[[nodiscard]] std::string postgres_program(const std::string& name);

/// How libpq reaches a server that tests of this run share, without a database: that which ctest
/// started for them, else one that this process starts for itself.
[[nodiscard]] const std::string& shared_postgres();

}  // namespace eventcore::testing
