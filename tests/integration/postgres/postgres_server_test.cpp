#include "postgres_server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "postgres_connection.hpp"

namespace eventcore::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Test;
using ::testing::ThrowsMessage;

constexpr std::chrono::seconds kLimit{30};

PostgresServerOptions shows_log() { return {.failed = Test::HasFailure}; }

// Whether `holds` becomes true in time.
template <class Holds>
bool becomes(Holds holds) {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

TEST(PostgresServer, AnswersOnItsPortAndItsSocket) {
  const PostgresServer server(shows_log());
  for (const std::string& conninfo : {server.conninfo(), server.socket_conninfo()}) {
    PostgresConnection connection(conninfo);
    EXPECT_EQ(connection.value("SHOW data_directory"), server.data().string());
    EXPECT_EQ(connection.value("SHOW fsync"), "off");
    EXPECT_EQ(connection.value("SHOW server_encoding"), "UTF8");
  }
}

TEST(PostgresServer, KeepsWhatIsCommittedWhenItCrashes) {
  PostgresServer server(shows_log());
  PostgresConnection before(server.conninfo());
  before.run("CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)");
  before.run("BEGIN; INSERT INTO kept VALUES (8)");
  server.stop(StopMode::Immediate);
  EXPECT_FALSE(server.running());
  EXPECT_THROW(before.run("SELECT 1"), std::runtime_error);
  EXPECT_THROW(PostgresConnection(server.conninfo()), std::runtime_error);
  server.start();
  EXPECT_EQ(PostgresConnection(server.conninfo()).value("SELECT sum(value) FROM kept"), "7");
  std::ifstream log(server.log());
  const std::string said{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(said, HasSubstr("automatic recovery in progress"));
}

TEST(PostgresServer, RestartsInOrderOnTheSamePort) {
  PostgresServer server(shows_log());
  const int port = server.port();
  PostgresConnection(server.conninfo()).run("CREATE TABLE kept (value int)");
  server.restart(StopMode::Fast);
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(PostgresConnection(server.conninfo()).value("SELECT count(*) FROM kept"), "0");
  std::ifstream log(server.log());
  const std::string said{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(said, ::testing::Not(HasSubstr("automatic recovery in progress")));
}

TEST(PostgresServer, IsDurableWhenAsked) {
  const PostgresServer server({.durable = true, .failed = Test::HasFailure});
  PostgresConnection connection(server.conninfo());
  for (const char* setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
    EXPECT_EQ(connection.value(std::string("SHOW ") + setting), "on");
  }
}

TEST(PostgresServer, HangsWhilePaused) {
  PostgresServer server(shows_log());
  PostgresConnection connection(server.conninfo());
  connection.run("SELECT 1");
  server.pause();
  ASSERT_EQ(PQsendQuery(connection.raw(), "SELECT 2"), 1);
  const std::string hasty = server.conninfo() + " connect_timeout=2";
  EXPECT_NE(PQping(hasty.c_str()), PQPING_OK);
  ASSERT_EQ(PQconsumeInput(connection.raw()), 1);
  EXPECT_EQ(PQisBusy(connection.raw()), 1);
  server.resume();
  PGresult* result = PQgetResult(connection.raw());
  EXPECT_STREQ(PQgetvalue(result, 0, 0), "2");
  PQclear(result);
}

TEST(PostgresServer, SaysWhyItDoesNotStart) {
  EXPECT_THAT([] { PostgresServer({.settings = {"no_such_setting=1"}}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no_such_setting")));
}

TEST(PostgresServer, KeepsItsDataWhereItIsTold) {
  const ServerFolder folder;
  {
    const PostgresServer server({.data_parent = folder.path() / "disk"});
    EXPECT_EQ(server.data().parent_path(), folder.path() / "disk");
    EXPECT_EQ(PostgresConnection(server.conninfo()).value("SELECT 1"), "1");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "disk"));
}

TEST(PostgresServer, ReadsFilesThatTestsWrite) {
  PostgresServer server(shows_log());
  server.write_file("pg_hba.conf", "host all all 127.0.0.1/32 reject\nlocal all all trust\n");
  PostgresConnection(server.socket_conninfo()).run("SELECT pg_reload_conf()");
  EXPECT_TRUE(becomes([&] {
    try {
      const PostgresConnection connection(server.conninfo());
      return false;
    } catch (const std::runtime_error& refused) {
      return std::string_view(refused.what()).find("rejects connection") != std::string::npos;
    }
  }));
}

TEST(PostgresServer, LeavesNothingBehind) {
  std::filesystem::path log;
  std::filesystem::path data;
  std::string conninfo;
  {
    const PostgresServer server(shows_log());
    log = server.log();
    data = server.data();
    conninfo = server.socket_conninfo();
  }
  EXPECT_FALSE(std::filesystem::exists(data));
  EXPECT_FALSE(std::filesystem::exists(log.parent_path()));
  EXPECT_EQ(PQping(conninfo.c_str()), PQPING_NO_RESPONSE);
}

// A program whose server is known; it ends with its standard input or when it is killed.
struct ServingProgram {
  ServingProgram() {
    int orders[2];
    int answers[2];
    if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0) return;
    process = fork();
    if (process == 0) {
      dup2(orders[0], STDIN_FILENO);
      dup2(answers[1], STDOUT_FILENO);
      execl(EVENTCORE_TEST_POSTGRES, EVENTCORE_TEST_POSTGRES, "serve", nullptr);
      _exit(127);
    }
    close(orders[0]);
    close(answers[1]);
    order = orders[1];
    FILE* lines = fdopen(answers[0], "r");
    char line[256];
    while (fgets(line, sizeof line, lines) != nullptr && std::string_view(line) != "ready\n") {
      const std::string_view text(line);
      if (text.starts_with("server ")) server = text.substr(7, text.size() - 8);
      if (text.starts_with("log ")) folder = std::filesystem::path(text.substr(4)).parent_path();
    }
    fclose(lines);
  }
  ~ServingProgram() {
    close(order);
    if (process > 0) kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }

  pid_t process = -1;
  int order = -1;
  std::string server;
  std::filesystem::path folder;
};

TEST(PostgresServer, EndsWithAKilledProcessAndItsFilesWithTheNextServer) {
  std::string conninfo;
  std::filesystem::path folder;
  {
    const ServingProgram program;
    conninfo = program.server + " dbname=postgres";
    folder = program.folder;
    ASSERT_EQ(PostgresConnection(conninfo).value("SELECT 1"), "1");
  }
  EXPECT_TRUE(becomes([&] { return PQping(conninfo.c_str()) == PQPING_NO_RESPONSE; }));
  // The first attempt may meet a server that still puts its files away.
  EXPECT_TRUE(becomes([&] {
    const ServerFolder next;
    return !std::filesystem::exists(folder);
  }));
}

TEST(ServerFolder, RemovesWhatItPlacedElsewhere) {
  const ServerFolder parent;
  std::filesystem::path place;
  {
    ServerFolder folder;
    place = folder.place_elsewhere(parent.path() / "disk");
    std::filesystem::create_directory(place);
    std::ofstream(place / "file") << "text";
    std::filesystem::create_directory(parent.path() / "other");
    std::filesystem::create_directory_symlink(parent.path() / "other", folder.path() / "link");
  }
  EXPECT_FALSE(std::filesystem::exists(place));
  EXPECT_TRUE(std::filesystem::exists(parent.path() / "other"));
}

TEST(ServerFolder, IsNotTakenFromALivingProcess) {
  const ServerFolder living;
  const ServerFolder next;
  EXPECT_TRUE(std::filesystem::exists(living.path()));
}

TEST(LoopbackPort, IsGivenOnce) {
  std::set<int> numbers;
  std::vector<std::unique_ptr<LoopbackPort>> ports;
  for (int i = 0; i < 100; ++i) {
    ports.push_back(std::make_unique<LoopbackPort>());
    EXPECT_TRUE(numbers.insert(ports.back()->number()).second);
  }
}

}  // namespace
}  // namespace eventcore::testing
