// The tool on a server with TLS: it trusts whom it was told to trust, and says whom it does not.

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "child_process.hpp"
#include "postgres_connection.hpp"
#include "postgres_server.hpp"
#include "server_folder.hpp"
#include "tool.hpp"

namespace eventcore::cli_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresConnection;
using testing::PostgresServer;

constexpr const char* kPassword = "s3cret-Of-Ann";

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A server that takes nothing but TLS and passwords over TCP. Its certificate is for the host
/// `db.example`, from an authority of its own.
class ToolOverTls : public ::testing::Test {
 protected:
  ToolOverTls() {
    make_authority("ca");
    make_authority("stranger");
    openssl({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", path("server.key"), "-out",
             path("server.csr"), "-subj", "/CN=db.example"});
    std::ofstream(path("names")) << "subjectAltName=DNS:db.example\n";
    openssl({"x509", "-req", "-in", path("server.csr"), "-CA", path("ca.crt"), "-CAkey",
             path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", path("names"), "-out",
             path("server.crt")});
    PostgresConnection sql(server_.socket_conninfo());
    sql.run(std::string("CREATE ROLE ann LOGIN SUPERUSER PASSWORD '") + kPassword + "'");
    server_.write_file("server.key", text_of(path("server.key")));
    server_.write_file("server.crt", text_of(path("server.crt")));
    server_.write_file("pg_hba.conf",
                       "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
    sql.run("ALTER SYSTEM SET ssl = on");
    server_.restart(testing::StopMode::Fast);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }
  /// A store URL that reaches the server by the name `host`.
  [[nodiscard]] std::string store(const std::string& host, const std::string& more,
                                  const std::string& password = kPassword) const {
    return " --store 'postgres://ann:" + password + "@" + host + ":" +
           std::to_string(server_.port()) + "/postgres?hostaddr=127.0.0.1&" + more + "'";
  }
  [[nodiscard]] std::string verified(const std::string& authority = "ca") const {
    return "sslmode=verify-full&sslrootcert=" + path(authority + ".crt");
  }
  /// The store is unusable: one line says why, without the password.
  static void expect_refused(const std::string& command, const std::string& reason) {
    const std::string text = run_tool(command, 4);
    EXPECT_THAT(text, AllOf(HasSubstr(reason), Not(HasSubstr(kPassword))));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  }

  PostgresServer server_{{.failed = ::testing::Test::HasFailure}};

 private:
  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    testing::run_program(arguments, path("openssl.log"), testing::RunAs::Ourselves);
  }
  void make_authority(const std::string& name) const {
    openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path(name + ".key"),
             "-out", path(name + ".crt"), "-days", "2", "-subj", "/CN=" + name});
  }

  const testing::ServerFolder folder_;
};

TEST_F(ToolOverTls, WorksWithAServerWhoseCertificateFits) {
  const std::string line = path("line");
  std::ofstream(line) << R"({"stream":"product-1","type":"StockReceived","data":{"quantity":5}})"
                      << '\n';
  const std::string url = store("db.example", verified());
  EXPECT_THAT(run_tool("init" + url), HasSubstr("is ready"));
  run_tool("append" + url + " " + line);
  EXPECT_THAT(run_tool("events" + url), AllOf(HasSubstr("product-1"), Not(HasSubstr(kPassword))));
  EXPECT_THAT(run_tool("verify" + url), HasSubstr("no findings"));
  EXPECT_EQ(
      PostgresConnection(server_.socket_conninfo()).value("SELECT count(*) FROM eventcore.events"),
      "1");
}

TEST_F(ToolOverTls, RefusesAnAuthorityThatItDoesNotKnow) {
  expect_refused("init" + store("db.example", verified("stranger")), "certificate verify failed");
}

TEST_F(ToolOverTls, RefusesACertificateOfAnotherHost) {
  expect_refused("init" + store("other.example", verified()), "does not match host name");
}

TEST_F(ToolOverTls, SaysThatTheAuthorityFileIsMissing) {
  expect_refused("init" + store("db.example", verified("nobody")), "nobody.crt");
}

TEST_F(ToolOverTls, IsNotTalkedOutOfTls) {
  expect_refused("init" + store("db.example", "sslmode=disable"), "no encryption");
}

TEST_F(ToolOverTls, KeepsAWrongPasswordToItself) {
  const std::string text = run_tool("init" + store("db.example", verified(), "wr0ng-Pass"), 4);
  EXPECT_THAT(text, AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("wr0ng"))));
}

}  // namespace
}  // namespace eventcore::cli_test
