#include "scratch_server.hpp"

#include "postgres_connection.hpp"
#include "workload.hpp"

namespace eventcore::bench {

testing::PostgresServer& ScratchServer::server() {
  if (server_ == nullptr) {
    server_ = std::make_unique<testing::PostgresServer>(
        testing::PostgresServerOptions{.durable = true, .data_parent = effort_.folder});
  }
  return *server_;
}

std::string ScratchServer::copy_of(const std::string& name, const Fill& fill) {
  try {
    testing::PostgresConnection connection(server().socket_conninfo());
    if (!filled_[name]) {
      connection.run("CREATE DATABASE " + name);
      const std::string conninfo = server().socket_conninfo(name);
      fill(conninfo);
      // Else the first who reads a row of the copies would pay for its writing.
      testing::PostgresConnection(conninfo).run("VACUUM (FREEZE, ANALYZE)");
      filled_[name] = true;
    }
    connection.run("DROP DATABASE IF EXISTS run WITH (FORCE)");
    connection.run("CREATE DATABASE run TEMPLATE " + name + " STRATEGY file_copy");
    connection.run("CHECKPOINT");
  } catch (const std::exception& problem) {
    give_up(problem.what());
  }
  return server().socket_conninfo("run");
}

}  // namespace eventcore::bench
