#include "trace_ids.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "eventcore/assert.hpp"

namespace eventcore::detail {
namespace {

// xoshiro256++ (Blackman, Vigna 2019), seeded by the kernel: each thread has its own sequence.
struct Sequence {
  std::uint64_t state[4];
};

// All zero, which the generator never is: not seeded.
[[gnu::tls_model("initial-exec")]] constinit thread_local Sequence thread_sequence{};

[[gnu::cold, gnu::noinline]] void seed(Sequence& sequence) noexcept {
  auto* out = reinterpret_cast<unsigned char*>(sequence.state);
  for (std::size_t filled = 0; filled < sizeof sequence.state;) {
    const ssize_t got = getrandom(out + filled, sizeof sequence.state - filled, 0);
    EVENTCORE_ASSERT(got > 0 || errno == EINTR, "the kernel gives no random bytes");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  sequence.state[0] |= 1;
}

std::uint64_t next(Sequence& sequence) noexcept {
  std::uint64_t(&s)[4] = sequence.state;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17U;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

Sequence& seeded() noexcept {
  Sequence& sequence = thread_sequence;
  const auto& s = sequence.state;
  if ((s[0] | s[1] | s[2] | s[3]) == 0) [[unlikely]]
    seed(sequence);
  return sequence;
}

}  // namespace

void mint_trace_id(TraceContext& context) noexcept {
  Sequence& sequence = seeded();
  std::uint64_t words[2];
  do {
    words[0] = next(sequence);
    words[1] = next(sequence);
  } while ((words[0] | words[1]) == 0);
  std::memcpy(context.trace_id.data(), &words[0], sizeof words[0]);
  std::memcpy(context.trace_id.data() + sizeof words[0], &words[1], sizeof words[1]);
}

void mint_span_id(TraceContext& context) noexcept {
  Sequence& sequence = seeded();
  std::uint64_t word = 0;
  do {
    word = next(sequence);
  } while (word == 0);
  std::memcpy(context.span_id.data(), &word, sizeof word);
}

void reseed_trace_ids() noexcept { thread_sequence = {}; }

}  // namespace eventcore::detail
