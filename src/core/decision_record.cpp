#include "eventcore/decision_record.hpp"

#include <algorithm>

#include "decision_encoder.hpp"

namespace eventcore {
namespace {

constexpr std::uint64_t kFormVersion = 1;

void put_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(static_cast<unsigned char>(number | 0x80U));
    number >>= 7;
  }
  out += static_cast<char>(static_cast<unsigned char>(number));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

// Takes values off the front of the bytes. After the first failure every value is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    return fail(), 0;
  }
  std::string_view text(std::uint64_t bytes) {
    if (bytes > rest_.size()) return fail(), std::string_view();
    const std::string_view value = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return value;
  }
  std::string_view text() { return text(number()); }
  Uuid uuid() {
    Uuid value;
    const std::string_view bytes = text(value.bytes.size());
    std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
    return value;
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

Error undecodable(const char* what) {
  return make_error(ErrorCode::DecodeFailed, std::string("decision record: ") + what);
}

}  // namespace

namespace detail {

void begin_decision(std::size_t streams, std::string& out) {
  put_number(out, kFormVersion);
  put_number(out, streams);
}

void encode_read(std::string_view stream, StreamVersion version, bool written, std::string& out) {
  put_number(out, stream.size() * 2 + (written ? 1 : 0));
  out += stream;
  put_number(out, version.value);
}

void encode_interference(std::span<const Interference> interference, std::string& out) {
  put_number(out, interference.size());
  for (const Interference& entry : interference) {
    put_text(out, entry.stream);
    put_number(out, entry.conflict.expected.value);
    put_number(out, entry.conflict.actual.value);
    put_number(out, entry.conflict.winner_position.value);
    for (const std::uint8_t byte : entry.conflict.winner_id.bytes) out += static_cast<char>(byte);
    put_text(out, entry.conflict.winner_command_type);
  }
}

}  // namespace detail

void encode_decision(const WriteBatch& batch, std::string& out) {
  detail::begin_decision(batch.streams().size(), out);
  for (const WriteBatch::Stream& stream : batch.streams()) {
    detail::encode_read(stream.id.view(), stream.version_before, stream.events != 0, out);
  }
  detail::encode_interference(batch.info.decision.interference, out);
}

Result<StoredDecision> decode_decision(std::string_view bytes) {
  StoredDecision decision;
  if (bytes.empty()) return decision;
  Reader reader(bytes);
  if (reader.number() != kFormVersion) return undecodable("an unknown form");
  for (std::uint64_t left = reader.number(); left != 0 && !reader.failed(); --left) {
    const std::uint64_t length = reader.number();
    StoredDecision::Read read;
    read.written = (length & 1U) != 0;
    read.stream = reader.text(length / 2);
    read.version = {reader.number()};
    decision.reads.push_back(read);
  }
  for (std::uint64_t left = reader.number(); left != 0 && !reader.failed(); --left) {
    StoredDecision::Interferer entry;
    entry.stream = reader.text();
    entry.expected = {reader.number()};
    entry.actual = {reader.number()};
    entry.winner_position = {reader.number()};
    entry.winner_id = reader.uuid();
    entry.winner_command_type = reader.text();
    decision.interference.push_back(entry);
  }
  if (reader.failed()) return undecodable("cut off");
  if (!reader.at_end()) return undecodable("bytes behind the end");
  return decision;
}

}  // namespace eventcore
