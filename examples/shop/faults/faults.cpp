#include "faults/faults.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "domain/events.hpp"
#include "faults/failing_store.hpp"
#include "read_models/stock_levels.hpp"

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;
using eventcore::Result;
namespace http = eventcore::http;
using Json = nlohmann::ordered_json;
using Backend = eventcore::StoreUrl::Backend;

/// The first of the values that `keyword` has in a conninfo.
std::string first_value(const std::string& conninfo, std::string_view keyword) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), nullptr), PQconninfoFree);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->keyword != keyword || option->val == nullptr) continue;
    const std::string value = option->val;
    return value.substr(0, value.find(','));
  }
  return {};
}

/// `url` by way of a port of loopback. Of parameters that are there twice libpq takes the last.
std::string through(const eventcore::StoreUrl& url, std::uint16_t port) {
  std::string text = url.conninfo();
  char separator = text.find('?') == text.npos ? '?' : '&';
  const auto add = [&](const std::string& parameter) {
    text.append(1, std::exchange(separator, '&')).append(parameter);
  };
  add("host=127.0.0.1&port=" + std::to_string(port));
  if (!url.schema().empty()) add("schema=" + url.schema());
  if (url.durability()) add("durability=" + std::string(to_string(*url.durability())));
  return text;
}

}  // namespace

Faults::Faults(std::vector<Fault> wanted, eventcore::StoreUrl url)
    : wanted_(std::move(wanted)),
      url_(std::move(url)),
      halting_(std::make_shared<HaltingProbe>(std::string(StockLevels::kName.view()))) {}

Result<std::unique_ptr<Faults>> Faults::open(std::vector<Fault> wanted,
                                             const eventcore::StoreUrl& url) {
  std::unique_ptr<Faults> faults(new Faults(std::move(wanted), url));
  for (const Fault fault : faults->wanted_) {
    if (!faults->can(fault)) {
      return make_error(ErrorCode::InvalidArgument,
                        std::string(description_of(fault).name) + " needs a store in PostgreSQL");
    }
  }
  if (url.backend() != Backend::Postgres) return faults;
  const std::string host = first_value(url.conninfo(), "host");
  const std::string port = first_value(url.conninfo(), "port");
  auto relay =
      RelayThread::open(host.empty() ? "/var/run/postgresql" : host, port.empty() ? "5432" : port);
  if (!relay) return relay.error();
  faults->relay_ = *std::move(relay);
  faults->commit_lock_ = std::make_unique<CommitLockThread>(url.conninfo(), url.schema());
  auto relayed = eventcore::StoreUrl::parse(through(url, faults->relay_->port()));
  if (!relayed) return relayed.error();
  faults->url_ = *std::move(relayed);
  return faults;
}

bool Faults::can(Fault fault) const noexcept {
  return !description_of(fault).needs_postgres || url_.backend() == Backend::Postgres;
}

std::unique_ptr<eventcore::EventStore> Faults::wrap(
    std::unique_ptr<eventcore::EventStore> store) const {
  return std::make_unique<FailingStore>(std::move(store),
                                        on_[static_cast<std::size_t>(Fault::ErrorBurst)]);
}

void Faults::mount(http::Server& server) {
  server.route(http::Method::Get, "/faults", [this](const http::Request&) { return list(); });
  server.route(http::Method::Put, "/faults/{name}",
               [this](const http::Request& request) { return answer(request, true); });
  server.route(http::Method::Delete, "/faults/{name}",
               [this](const http::Request& request) { return answer(request, false); });
}

Result<void> Faults::begin(eventcore::EventStore& store) {
  store_ = &store;
  for (const Fault fault : wanted_) {
    if (auto done = set(fault, true); !done) return done;
  }
  return {};
}

void Faults::end() {
  halting_->halt(false);
  if (relay_) relay_->cut(false);
  if (commit_lock_) commit_lock_->slow_down(false);
  on_[static_cast<std::size_t>(Fault::ErrorBurst)] = false;
}

Result<void> Faults::set(Fault fault, bool on) {
  const FaultDescription& description = description_of(fault);
  const std::string name(description.name);
  if (!can(fault)) {
    return make_error(ErrorCode::InvalidArgument, name + " needs a store in PostgreSQL");
  }
  switch (fault) {
    case Fault::StoreUnreachable:
      relay_->cut(on);
      break;
    case Fault::ProjectorKilled:
      halting_->halt(on);
      break;
    case Fault::ErrorBurst:
      break;  // the store looks at `on_`
    case Fault::SlowCommits:
      commit_lock_->slow_down(on);
      break;
    case Fault::PoisonEvent:
      if (!on) {
        return make_error(ErrorCode::InvalidArgument,
                          "what is stored stays: let the projection skip the event");
      }
      if (auto stored = store_poison(); !stored) return stored;
      break;
  }
  on_[static_cast<std::size_t>(fault)] = on;
  return {};
}

Result<void> Faults::store_poison() {
  // Nobody orders this product, so that no command reads it.
  auto stream = eventcore::StreamId::parse("product-poison");
  if (!stream) return stream.error();
  const eventcore::EventToWrite event{.stream = *std::move(stream),
                                      .type = std::string(eventcore::event_name<StockReceived>),
                                      .payload = R"({"quantity":"a few"})"};
  const auto written =
      store_->write_events({&event, 1}, eventcore::Deadline::after(std::chrono::seconds(5)));
  if (!written) return written.error();
  return {};
}

http::Response Faults::answer(const http::Request& request, bool on) {
  const auto fault = fault_of(request.parameter("name"));
  if (!fault) return http::problem(404, "There is no such fault.");
  if (const auto done = set(*fault, on); !done) {
    return http::problem(done.error().code == ErrorCode::InvalidArgument ? 409 : 503,
                         done.error().message);
  }
  return list();
}

http::Response Faults::list() const {
  Json json = Json::object();
  for (const FaultDescription& each : kFaults) {
    json[std::string(each.name)] = on_[static_cast<std::size_t>(each.fault)].load();
  }
  return http::json_response(200, json.dump());
}

}  // namespace shop
