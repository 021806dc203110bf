// The process that the kill test kills: appends batches to a store until it dies.
//
//     crash_writer STORE LEDGER
//
// Each line of LEDGER is `I id` before a batch is submitted or `A id position` after it was
// acknowledged; each acknowledgement is also one byte on standard output.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "eventcore/sqlite_store.hpp"
#include "ledger.hpp"
#include "pending_append.hpp"

namespace {

using namespace eventcore;
using namespace eventcore::crash;

void write_line(int file, const std::string& line) {
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(1);
}

int give_up(const char* doing, const Error& error) {
  std::cerr << "writer, " << doing << ": " << describe(error) << "\n";
  return 1;
}

int run(const char* path, const char* ledger_path) {
  const int ledger = open(ledger_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  auto store = open_sqlite_store({.path = path, .reader_threads = 1});
  if (ledger < 0) return 1;
  if (!store) return give_up("opening", store.error());
  for (std::size_t wave = 0;; ++wave) {
    std::vector<std::unique_ptr<PendingAppend>> appends;
    std::string intended;
    for (std::size_t i = 0; i <= wave % 12; ++i) {
      const Uuid id = Ledger::new_id();
      intended += "I " + id.to_string() + "\n";
      appends.push_back(std::make_unique<PendingAppend>(Ledger::batch_of(id)));
    }
    write_line(ledger, intended);
    for (const auto& append : appends) (*store)->submit_append(*append);
    for (const auto& append : appends) {
      const Result<WriteResult>& result = append->result();
      if (!result) return give_up("appending", result.error());
      write_line(ledger, "A " + append->batch.info.id.to_string() + " " +
                             std::to_string(result->first.value) + "\n");
      write_line(STDOUT_FILENO, ".");
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  return run(arguments[1], arguments[2]);
}
