#include "eventcore/uuid.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "eventcore/assert.hpp"
#include "eventcore/clock.hpp"
#include "hex.hpp"

namespace eventcore {
namespace {

// Where the dashes of the text form stand, counted in bytes before them.
constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// Counts the forks of this process. The handler of `pthread_atfork` is a plain function, so the
// count is the one mutable global of the library.
std::atomic<std::uint32_t> forks = 0;

void put_big_endian(std::uint64_t word, std::uint8_t* to) noexcept {
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  std::memcpy(to, &word, sizeof word);
}

void count_fork() { forks.fetch_add(1, std::memory_order_relaxed); }

// xoshiro256**, seeded by the kernel: each thread of each process has its own sequence.
class Minter {
 public:
  Uuid mint(std::uint64_t time_ms) noexcept {
    if (forks_seen_ != forks.load(std::memory_order_relaxed) || !seeded_) seed();
    if (time_ms > last_ms_) {
      last_ms_ = time_ms;
      // The top bit stays clear, so that the counter has room before it carries into the time.
      counter_ = random() & (kCounterEnd / 2 - 1);
    } else if (++counter_ == kCounterEnd) {
      ++last_ms_;
      counter_ = 0;
    }
    return assemble();
  }

 private:
  static constexpr int kCounterBits = 28;  // 12 before the variant, 16 behind it
  static constexpr std::uint64_t kCounterEnd = std::uint64_t{1} << kCounterBits;

  void seed() noexcept {
    static const int registered = pthread_atfork(nullptr, nullptr, count_fork);
    EVENTCORE_ASSERT(registered == 0, "pthread_atfork failed");
    forks_seen_ = forks.load(std::memory_order_relaxed);
    auto* out = reinterpret_cast<unsigned char*>(state_);
    std::size_t filled = 0;
    while (filled < sizeof state_) {
      const ssize_t got = getrandom(out + filled, sizeof state_ - filled, 0);
      EVENTCORE_ASSERT(got > 0 || errno == EINTR, "getrandom failed");
      if (got > 0) filled += static_cast<std::size_t>(got);
    }
    seeded_ = true;
  }

  std::uint64_t random() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  Uuid assemble() noexcept {
    const std::uint64_t high = (last_ms_ << 16) | 0x7000U | (counter_ >> 16);
    const std::uint64_t low =
        (std::uint64_t{2} << 62) | ((counter_ & 0xFFFFU) << 46) | (random() >> 18);
    Uuid uuid;
    put_big_endian(high, uuid.bytes.data());
    put_big_endian(low, uuid.bytes.data() + 8);
    return uuid;
  }

  std::uint64_t state_[4] = {};
  std::uint64_t last_ms_ = 0;
  std::uint64_t counter_ = 0;
  std::uint32_t forks_seen_ = 0;
  bool seeded_ = false;
};

}  // namespace

std::string Uuid::to_string() const {
  std::string text(detail::kUuidCharacters, '\0');
  detail::put_uuid(text.data(), bytes.data());
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  if (text.size() != detail::kUuidCharacters) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = detail::hex_digit(text[at++]);
    const int low = detail::hex_digit(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return uuid;
}

Uuid mint_uuid(std::chrono::sys_time<std::chrono::milliseconds> time) noexcept {
  thread_local Minter minter;
  const auto since_epoch = time.time_since_epoch().count();
  return minter.mint(since_epoch < 0 ? 0 : static_cast<std::uint64_t>(since_epoch));
}

Uuid mint_uuid_now(const Clock& clock) noexcept {
  return mint_uuid(std::chrono::floor<std::chrono::milliseconds>(clock.wall()));
}

std::string EventId::to_string() const { return batch.to_string() + '/' + std::to_string(ordinal); }

}  // namespace eventcore

std::size_t std::hash<eventcore::Uuid>::operator()(const eventcore::Uuid& uuid) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, uuid.bytes.data(), 8);
  std::memcpy(&low, uuid.bytes.data() + 8, 8);
  // The low half of a minted id is random; the multiplication spreads hand-made ones.
  return static_cast<std::size_t>((high ^ std::rotl(low, 32)) * 0x9E3779B97F4A7C15U);
}
