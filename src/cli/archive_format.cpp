#include "archive_format.hpp"

#include <xxhash.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_text.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kChecksumAt = kFrameHeaderBytes - 8;

template <class Number>
void put_fixed(std::string& out, Number number) {
  for (std::size_t i = 0; i != sizeof number; ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xFFU);
  }
}

template <class Number>
Number fixed_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i != sizeof(Number); ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return static_cast<Number>(number);
}

std::string hex(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[number >> shift & 0xFU];
  return text;
}

Error undecodable(std::string_view what) {
  return make_error(ErrorCode::DecodeFailed, std::string(what));
}

/// The members of a HEAD or TAIL. After the first failure every value is empty.
class Members {
 public:
  explicit Members(std::string_view text) : object_(is_json(text) ? json::parse(text) : json()) {}

  std::uint64_t number(const char* name) {
    const auto found = find(name);
    if (!found || !found->is_number_unsigned()) return failed_ = true, 0;
    return found->get<std::uint64_t>();
  }
  std::string text(const char* name) {
    const auto found = find(name);
    if (!found || !found->is_string()) return failed_ = true, std::string();
    return found->get<std::string>();
  }
  Uuid uuid(const char* name) {
    const std::optional<Uuid> id = Uuid::parse(text(name));
    if (!id) failed_ = true;
    return id.value_or(Uuid{});
  }
  std::uint64_t hex(const char* name) {
    const std::string digits = text(name);
    std::uint64_t number = 0;
    if (digits.size() != 16) failed_ = true;
    for (const char digit : digits) {
      const std::size_t value = std::string_view("0123456789abcdef").find(digit);
      if (value == std::string_view::npos) failed_ = true;
      number = number << 4U | (value & 0xFU);
    }
    return number;
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::optional<json> find(const char* name) const {
    if (!object_.is_object()) return std::nullopt;
    const auto found = object_.find(name);
    return found == object_.end() ? std::nullopt : std::optional<json>(*found);
  }

  json object_;
  bool failed_ = false;
};

}  // namespace

std::uint64_t frame_checksum(std::string_view header, std::string_view stored) noexcept {
  const std::uint64_t seed = XXH3_64bits(header.data(), kChecksumAt);
  return XXH3_64bits_withSeed(stored.data(), stored.size(), seed);
}

std::string encode_frame_header(FrameHeader& header, std::string_view stored) {
  std::string out;
  put_fixed(out, static_cast<std::uint32_t>(header.kind));
  put_fixed(out, header.stored_bytes);
  put_fixed(out, header.raw_bytes);
  put_fixed(out, header.batches);
  put_fixed(out, header.first.value);
  put_fixed(out, header.last.value);
  header.checksum = frame_checksum(out, stored);
  put_fixed(out, header.checksum);
  return out;
}

FrameHeader decode_frame_header(std::string_view bytes) noexcept {
  return {.kind = static_cast<FrameKind>(fixed_at<std::uint32_t>(bytes, 0)),
          .stored_bytes = fixed_at<std::uint32_t>(bytes, 4),
          .raw_bytes = fixed_at<std::uint32_t>(bytes, 8),
          .batches = fixed_at<std::uint32_t>(bytes, 12),
          .first = {fixed_at<std::uint64_t>(bytes, 16)},
          .last = {fixed_at<std::uint64_t>(bytes, 24)},
          .checksum = fixed_at<std::uint64_t>(bytes, kChecksumAt)};
}

std::string encode_head(const ArchiveHead& head) {
  return JsonObject()
      .number("format", kFormat)
      .number("after_position", head.after.position.value)
      .text("after_batch", head.after.batch.to_string())
      .text("created", full_time(head.created))
      .text("store", head.store)
      .str();
}

Result<ArchiveHead> decode_head(std::string_view text) {
  Members members(text);
  const std::uint64_t format = members.number("format");
  if (!members.failed() && format != kFormat) {
    return undecodable("the archive has format " + std::to_string(format) +
                       ", this program reads format " + std::to_string(kFormat));
  }
  ArchiveHead head;
  head.after.position = {members.number("after_position")};
  head.after.batch = members.uuid("after_batch");
  const Result<Timestamp> created = parse_time(members.text("created"), {});
  head.store = members.text("store");
  if (members.failed() || !created) return undecodable("the HEAD frame is incomplete");
  head.created = *created;
  return head;
}

std::string encode_tail(const ArchiveTail& tail) {
  return JsonObject()
      .number("last_position", tail.end.position.value)
      .text("last_batch", tail.end.batch.to_string())
      .number("batches", tail.batches)
      .number("events", tail.events)
      .text("digest", hex(tail.digest))
      .str();
}

Result<ArchiveTail> decode_tail(std::string_view text) {
  Members members(text);
  ArchiveTail tail;
  tail.end.position = {members.number("last_position")};
  tail.end.batch = members.uuid("last_batch");
  tail.batches = members.number("batches");
  tail.events = members.number("events");
  tail.digest = members.hex("digest");
  if (members.failed()) return undecodable("the TAIL frame is incomplete");
  return tail;
}

std::uint64_t extend_digest(std::uint64_t digest, std::uint64_t checksum) noexcept {
  return XXH3_64bits_withSeed(&checksum, sizeof checksum, digest);
}

}  // namespace eventcore::cli
