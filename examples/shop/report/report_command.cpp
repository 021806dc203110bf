#include "report/report_command.hpp"

#include "console.hpp"
#include "open_shop_store.hpp"
#include "report/sales_report.hpp"

namespace shop {

ExitCode run(const ReportCommand& command) {
  ExitCode code = ExitCode::Done;
  // A report on a store that does not exist is a mistake in the URL, not a report of nothing.
  const auto store = open_shop_store(command.store, {.create = false}, code);
  if (!store) return code;

  SalesReport report;
  if (const auto computed = report.catch_up(*store); !computed) {
    print_error(describe(computed.error()));
    return close_shop_store(*store, exit_code_of(computed.error()));
  }
  const std::string text = command.json ? to_json(report) + "\n" : to_text(report);
  return close_shop_store(*store, print_output(text) ? ExitCode::Done : ExitCode::Failed);
}

}  // namespace shop
