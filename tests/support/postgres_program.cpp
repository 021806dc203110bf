// eventcore-test-postgres: PostgreSQL servers for what is not written in C++.
//
//   serve [--durable] [--standby] [--pgbouncer] [--set NAME=VALUE]...
//     runs servers until the end of standard input, from which it takes one order a line
//   share FOLDER, unshare FOLDER
//     start and end the server that the tests of one run of ctest share

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "pgbouncer.hpp"
#include "postgres_connection.hpp"
#include "postgres_server.hpp"
#include "server_sharing.hpp"
#include "standby_pair.hpp"

namespace eventcore::testing {
namespace {

struct Arguments {
  PostgresServerOptions options;
  bool standby = false;
  bool pgbouncer = false;
};

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--durable") {
      arguments.options.durable = true;
    } else if (words[i] == "--standby") {
      arguments.standby = true;
    } else if (words[i] == "--pgbouncer") {
      arguments.pgbouncer = true;
    } else if (words[i] == "--set" && i + 1 < words.size()) {
      arguments.options.settings.push_back(words[++i]);
    } else {
      throw std::invalid_argument("unknown argument " + words[i]);
    }
  }
  return arguments;
}

/// The servers, and what may be done to them.
class Servers {
 public:
  explicit Servers(const Arguments& arguments) {
    if (arguments.standby) {
      pair_ = std::make_unique<StandbyPair>(arguments.options);
    } else {
      alone_ = std::make_unique<PostgresServer>(arguments.options);
    }
    if (arguments.pgbouncer) pgbouncer_ = std::make_unique<PgBouncer>(first());
  }

  /// One line for each way to reach them.
  void describe(std::ostream& out) {
    out << "server " << first().server() << '\n';
    if (pair_) out << "standby " << pair_->standby().server() << '\n';
    if (pair_) out << "pair " << pair_->server() << '\n';
    if (pgbouncer_) out << "pgbouncer " << pgbouncer_->server() << '\n';
    out << "log " << first().log().string() << "\nready" << std::endl;
  }

  void obey(const std::string& order) {
    const std::map<std::string, std::function<void()>> orders{
        {"start", [this] { first().start(); }},
        {"stop fast", [this] { first().stop(StopMode::Fast); }},
        {"stop immediate", [this] { first().stop(StopMode::Immediate); }},
        {"pause", [this] { first().pause(); }},
        {"resume", [this] { first().resume(); }},
    };
    if (order == "fail over" && pair_) return pair_->fail_over();
    if (order == "restart pgbouncer" && pgbouncer_) return pgbouncer_->restart();
    const auto found = orders.find(order);
    if (found == orders.end()) throw std::invalid_argument("unknown order " + order);
    found->second();
  }

 private:
  PostgresServer& first() { return pair_ ? pair_->primary() : *alone_; }

  std::unique_ptr<PostgresServer> alone_;
  std::unique_ptr<StandbyPair> pair_;
  std::unique_ptr<PgBouncer> pgbouncer_;
};

void serve(const std::vector<std::string>& words) {
  Servers servers(parse(words));
  servers.describe(std::cout);
  for (std::string order; std::getline(std::cin, order);) {
    try {
      servers.obey(order);
      std::cout << "done" << std::endl;
    } catch (const std::exception& problem) {
      std::string text = problem.what();
      std::replace(text.begin(), text.end(), '\n', ' ');
      std::cout << "failed " << text << std::endl;
    }
  }
}

void run(const std::vector<std::string>& words) {
  if (!words.empty() && words[0] == "serve") return serve(words);
  if (words.size() == 2 && words[0] == "share") return share_server(words[1]);
  if (words.size() == 2 && words[0] == "unshare") return unshare_server(words[1]);
  throw std::invalid_argument(
      "usage: eventcore-test-postgres serve … | share FOLDER | unshare FOLDER");
}

}  // namespace
}  // namespace eventcore::testing

int main(int argc, char** argv) {
  try {
    eventcore::testing::run({argv + 1, argv + argc});
  } catch (const std::exception& problem) {
    std::cerr << "eventcore-test-postgres: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
