#include "read_models/postgres_statement.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

// Types as PostgreSQL numbers them, for ever.
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr int kBinary = 1;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// Classes of SQLSTATE: connection, rolled back, resources, locks, operator, system.
bool may_succeed_later(std::string_view state) {
  constexpr std::array<std::string_view, 6> kClasses = {"08", "40", "53", "55", "57", "58"};
  return state.empty() || std::any_of(kClasses.begin(), kClasses.end(),
                                      [&](std::string_view one) { return state.starts_with(one); });
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string quoted(name);
  replace_all(quoted, "\"", "\"\"");
  return '"' + quoted + '"';
}

std::string postgres_sql(std::string_view sql, std::string_view schema) {
  std::string text(sql);
  replace_all(text, "@", quoted_name(schema) + ".");
  replace_all(text, "?", "$");
  replace_all(text, " INTEGER", " BIGINT");
  replace_all(text, " TEXT", " BYTEA");
  replace_all(text, " STRICT, WITHOUT ROWID", "");
  return text;
}

eventcore::Error postgres_error(PGconn* connection, const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  std::string message = result != nullptr ? PQresultErrorMessage(result) : "";
  if (message.empty() && connection != nullptr) message = PQerrorMessage(connection);
  if (message.empty()) message = "the connection was lost";
  while (!message.empty() && message.back() == '\n') message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const bool later = may_succeed_later(state != nullptr ? state : "");
  return make_error(later ? ErrorCode::Unavailable : ErrorCode::HandlerFailed,
                    "read model: " + message);
}

PostgresStatement::Parameter& PostgresStatement::parameter(int number) {
  const auto index = static_cast<std::size_t>(number - 1);
  if (parameters_.size() <= index) parameters_.resize(index + 1);
  return parameters_[index];
}

void PostgresStatement::bind(int number, std::int64_t value) {
  Parameter& bound = parameter(number);
  bound.type = kInt8;
  bound.value.resize(sizeof value);
  auto bits = static_cast<std::uint64_t>(value);
  for (auto byte = bound.value.rbegin(); byte != bound.value.rend(); ++byte, bits >>= 8U) {
    *byte = static_cast<char>(bits & 0xFFU);
  }
}

void PostgresStatement::bind(int number, std::string_view text) {
  parameter(number) = {kBytea, std::string(text)};
}

PGresult* PostgresStatement::run(PGconn* connection) const {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const Parameter& one : parameters_) {
    types.push_back(one.type);
    values.push_back(one.value.data());
    sizes.push_back(static_cast<int>(one.value.size()));
  }
  const std::vector<int> formats(parameters_.size(), kBinary);
  return PQexecParams(connection, sql_.c_str(), static_cast<int>(parameters_.size()), types.data(),
                      values.data(), sizes.data(), formats.data(), kBinary);
}

eventcore::Result<bool> PostgresStatement::step() {
  if (result_ == nullptr) {
    PGconn* const connection = connection_();
    if (connection == nullptr) return postgres_error(nullptr, nullptr);
    PostgresResult result(run(connection));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      return postgres_error(connection, result.get());
    }
    result_ = std::move(result);
    row_ = 0;
  } else {
    ++row_;
  }
  if (row_ < PQntuples(result_.get())) return true;
  reset();
  return false;
}

std::string_view PostgresStatement::value(int column) const {
  return {PQgetvalue(result_.get(), row_, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

std::int64_t PostgresStatement::number(int column) const {
  std::uint64_t bits = 0;
  for (const char byte : value(column)) bits = bits << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(bits);
}

std::string PostgresStatement::text(int column) const { return std::string(value(column)); }

}  // namespace shop
