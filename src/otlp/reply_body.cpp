#include "reply_body.hpp"

#include <algorithm>
#include <protozero/pbf_reader.hpp>

namespace eventcore::detail {
namespace {

using protozero::pbf_reader;

// Field numbers of opentelemetry/proto/collector/*/v1, google/rpc/{status,error_details}.proto.
constexpr protozero::pbf_tag_type kPartialSuccess = 1, kRejected = 1, kErrorMessage = 2,
                                  kStatusMessage = 2, kStatusDetail = 3, kAnyType = 1,
                                  kAnyValue = 2, kRetryDelay = 1, kSeconds = 1, kNanos = 2;

std::string_view view(protozero::data_view data) noexcept { return {data.data(), data.size()}; }

std::optional<std::chrono::milliseconds> delay_of(pbf_reader retry_info) {
  std::chrono::milliseconds delay{};
  while (retry_info.next(kRetryDelay)) {
    pbf_reader duration = retry_info.get_message();
    while (duration.next()) {
      constexpr std::int64_t kSecondsMax = std::int64_t{24} * 3'600;
      if (duration.tag() == kSeconds) {
        delay +=
            std::chrono::seconds(std::clamp(duration.get_int64(), std::int64_t{0}, kSecondsMax));
      } else if (duration.tag() == kNanos) {
        delay += std::chrono::ceil<std::chrono::milliseconds>(
            std::chrono::nanoseconds(std::max(duration.get_int32(), 0)));
      } else {
        duration.skip();
      }
    }
  }
  return delay;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kMax = 200;
  std::string out(text.substr(0, kMax));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

OtlpReply accepted_reply(std::string_view body) {
  OtlpReply reply{.kind = OtlpReply::Kind::Accepted};
  try {
    pbf_reader response(body.data(), body.size());
    while (response.next()) {
      if (response.tag_and_type() !=
          protozero::tag_and_type(kPartialSuccess, protozero::pbf_wire_type::length_delimited)) {
        response.skip();
        continue;
      }
      pbf_reader partial = response.get_message();
      while (partial.next()) {
        if (partial.tag() == kRejected) {
          reply.rejected =
              static_cast<std::uint64_t>(std::max(partial.get_int64(), std::int64_t{0}));
        } else if (partial.tag() == kErrorMessage) {
          reply.message = printable(view(partial.get_view()));
        } else {
          partial.skip();
        }
      }
    }
  } catch (const protozero::exception&) {
    return {.message =
                "what answers there is no OTLP receiver: '" + printable(body.substr(0, 60)) + "'"};
  }
  return reply;
}

std::string status_message(std::string_view body) {
  try {
    pbf_reader status(body.data(), body.size());
    while (status.next()) {
      if (status.tag_and_type() ==
          protozero::tag_and_type(kStatusMessage, protozero::pbf_wire_type::length_delimited)) {
        return printable(view(status.get_view()));
      }
      status.skip();
    }
  } catch (const protozero::exception&) {
    return {};  // a page for people, perhaps
  }
  return {};
}

std::optional<std::chrono::milliseconds> retry_delay(std::string_view text) {
  try {
    pbf_reader status(text.data(), text.size());
    while (status.next(kStatusDetail)) {
      pbf_reader any = status.get_message();
      std::string_view type;
      protozero::data_view value;
      while (any.next()) {
        if (any.tag() == kAnyType) {
          type = view(any.get_view());
        } else if (any.tag() == kAnyValue) {
          value = any.get_view();
        } else {
          any.skip();
        }
      }
      if (type.ends_with("google.rpc.RetryInfo")) return delay_of(pbf_reader(value));
    }
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace eventcore::detail
