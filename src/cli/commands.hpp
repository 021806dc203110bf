#pragma once

/// \file
/// The subcommands. Each `add_…_command` describes one to the command line; chosen by the user, it
/// leaves its work in `Chosen`, which `main` runs.

#include <functional>

#include "console.hpp"

namespace CLI {
class App;
}

namespace eventcore::cli {

/// What the user has asked for.
using Chosen = std::function<ExitCode(Console&)>;

void add_init_command(CLI::App& app, Chosen& chosen);
void add_append_command(CLI::App& app, Chosen& chosen);
void add_streams_command(CLI::App& app, Chosen& chosen);
void add_events_command(CLI::App& app, Chosen& chosen);
void add_explain_command(CLI::App& app, Chosen& chosen);
void add_stats_command(CLI::App& app, Chosen& chosen);
void add_verify_command(CLI::App& app, Chosen& chosen);
void add_backup_command(CLI::App& app, Chosen& chosen);
void add_restore_command(CLI::App& app, Chosen& chosen);
void add_projections_command(CLI::App& app, Chosen& chosen);
void add_dead_letters_command(CLI::App& app, Chosen& chosen);
void add_leases_command(CLI::App& app, Chosen& chosen);
void add_console_command(CLI::App& app, Chosen& chosen);
void add_flight_command(CLI::App& app, Chosen& chosen);
void add_baseline_command(CLI::App& app, Chosen& chosen);
void add_top_command(CLI::App& app, Chosen& chosen);
void add_doctor_command(CLI::App& app, Chosen& chosen);
void add_metrics_command(CLI::App& app, Chosen& chosen);

}  // namespace eventcore::cli
