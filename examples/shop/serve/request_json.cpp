#include "serve/request_json.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eventcore/uuid.hpp>

namespace shop {

namespace {

using Json = nlohmann::json;

/// Takes members out of one JSON object and notes what is wrong with them.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string pointer, std::vector<FieldFault>& faults)
      : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

  /// Notes every member that is not one of `names`.
  void allow(std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : object_.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) fault(name, "is not known");
    }
  }

  const Json* find(std::string_view name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  /// The text of an optional member; empty if it is absent.
  std::string text(std::string_view name, std::size_t bytes_max) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr) return fault(name, "is not a string"), std::string();
    if (text->size() > bytes_max) {
      fault(name, "is longer than " + std::to_string(bytes_max) + " bytes");
    }
    return *text;
  }

  /// An optional code of the kind that `parse` makes.
  template <class Kind>
  std::optional<Code<Kind>> maybe_code(std::string_view name) {
    if (find(name) == nullptr) return std::nullopt;
    auto code = Code<Kind>::parse(text(name, std::string::npos));
    if (code) return *std::move(code);
    fault(name, code.error().message);
    return std::nullopt;
  }

  template <class Kind>
  Code<Kind> code(std::string_view name) {
    if (find(name) == nullptr) fault(name, "is missing");
    return maybe_code<Kind>(name).value_or(Code<Kind>());
  }

  std::int64_t quantity(std::string_view name) {
    const Json* value = find(name);
    if (value == nullptr || !value->is_number_integer()) {
      return fault(name, value == nullptr ? "is missing" : "is not an integer"), 0;
    }
    // Large unsigned numbers would turn negative.
    const bool fits = value->is_number_unsigned() ? value->get<std::uint64_t>() <= kQuantityMax
                                                  : value->get<std::int64_t>() <= kQuantityMax;
    if (!fits || value->get<std::int64_t>() < 1) {
      return fault(name, "is not from 1 to 1000000000"), 0;
    }
    return value->get<std::int64_t>();
  }

  /// Prices are strings: a JSON number is a binary fraction for most clients.
  Money price(std::string_view name) {
    const Json* value = find(name);
    const auto* written = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
    std::optional<Money> price;
    if (written != nullptr) price = Money::parse(*written);
    if (!price || *price < Money()) {
      return fault(name, "is not a string with a decimal of at most four places, as \"12.75\""),
             Money();
    }
    return *price;
  }

  std::vector<Line> lines(std::string_view name) {
    std::vector<Line> lines;
    const Json* values = find(name);
    if (values == nullptr || !values->is_array() || values->empty()) {
      return fault(name, "is not an array with at least one line"), lines;
    }
    if (values->size() > kLinesMax) {
      return fault(name, "has more than " + std::to_string(kLinesMax) + " lines"), lines;
    }
    for (std::size_t i = 0; i < values->size(); ++i) {
      const Json& value = (*values)[i];
      const std::string pointer = pointer_ + "/" + std::string(name) + "/" + std::to_string(i);
      if (!value.is_object()) {
        faults_.push_back({pointer, "is not an object"});
        continue;
      }
      ObjectReader line(value, pointer, faults_);
      line.allow({"product", "description", "quantity", "price"});
      lines.push_back({.product = line.code<ProductKind>("product"),
                       .description = line.text("description", kDescriptionBytesMax),
                       .quantity = line.quantity("quantity"),
                       .price = line.price("price")});
      if (!amount_of(lines.back().price, lines.back().quantity)) {
        faults_.push_back({pointer, "costs more than 1000000000"});
      }
    }
    return lines;
  }

 private:
  void fault(std::string_view name, std::string detail) {
    faults_.push_back({pointer_ + "/" + std::string(name), std::move(detail)});
  }

  const Json& object_;
  const std::string pointer_;
  std::vector<FieldFault>& faults_;
};

/// Parses `body` and hands its members to `make`, which returns the command.
template <class Make>
auto parse(std::string_view body, Make make)
    -> Parsed<decltype(make(std::declval<ObjectReader&>()))> {
  // The parser takes a NUL for the end, and passes over a byte-order mark: neither is JSON.
  const bool is_text =
      body.find('\0') == std::string_view::npos && !body.starts_with("\xEF\xBB\xBF");
  const Json json = is_text ? Json::parse(body, nullptr, /*allow_exceptions=*/false) : Json();
  if (!json.is_object()) {
    return Problem{400, "malformed_body", "The body is not a JSON object."};
  }
  std::vector<FieldFault> faults;
  ObjectReader reader(json, "", faults);
  auto command = make(reader);
  if (faults.empty()) return command;
  return Problem{422, "invalid_body", "Members of the body are not as they should be.",
                 std::move(faults)};
}

template <class Kind>
Code<Kind> new_code() {
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return Code<Kind>::parse(eventcore::mint_uuid(now).to_string()).value();
}

}  // namespace

Parsed<RegisterCustomer> parse_customer(std::string_view body) {
  return parse(body, [](ObjectReader& members) {
    members.allow({"customer", "country"});
    return RegisterCustomer{.id = members.code<CustomerKind>("customer"),
                            .country = members.text("country", kCountryBytesMax)};
  });
}

Parsed<PlaceOrder> parse_order(std::string_view body, std::chrono::sys_seconds now) {
  return parse(body, [now](ObjectReader& members) {
    members.allow({"order", "customer", "country", "lines"});
    const std::optional<OrderId> id = members.maybe_code<OrderKind>("order");
    return PlaceOrder{.id = id ? *id : new_code<OrderKind>(),
                      .customer = members.maybe_code<CustomerKind>("customer"),
                      .country = members.text("country", kCountryBytesMax),
                      .placed_at = now,
                      .lines = members.lines("lines")};
  });
}

Parsed<ReturnGoods> parse_return(std::string_view body, std::chrono::sys_seconds now) {
  return parse(body, [now](ObjectReader& members) {
    members.allow({"return", "customer", "country", "lines"});
    const std::optional<ReturnId> id = members.maybe_code<ReturnKind>("return");
    return ReturnGoods{.id = id ? *id : new_code<ReturnKind>(),
                       .customer = members.maybe_code<CustomerKind>("customer"),
                       .country = members.text("country", kCountryBytesMax),
                       .returned_at = now,
                       .lines = members.lines("lines")};
  });
}

Parsed<ReceiveStock> parse_delivery(std::string_view body) {
  return parse(body, [](ObjectReader& members) {
    members.allow({"product", "quantity"});
    return ReceiveStock{.product = members.code<ProductKind>("product"),
                        .quantity = members.quantity("quantity")};
  });
}

}  // namespace shop
