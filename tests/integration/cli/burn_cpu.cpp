// burn_cpu (ms|work) AMOUNT [SLOWDOWN]: uses CPU, and prints how much. `ms` milliseconds of CPU
// time; `work` that many rounds of the same arithmetic, whose time varies as the machine does.
// SLOWDOWN 0.1 makes it a tenth more.

#include <ctime>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

std::uint64_t arithmetic(std::uint64_t state) {
  for (int i = 0; i < 1'000; ++i) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
  }
  return state;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const double amount = std::atof(argv[2]) * (1 + (argc > 3 ? std::atof(argv[3]) : 0));
  volatile std::uint64_t state = 88172645463325252ULL;
  if (std::strcmp(argv[1], "ms") == 0) {
    while (cpu_ms() < amount) state = arithmetic(state);
  } else {
    for (double done = 0; done < amount; ++done) state = arithmetic(state);
  }
  std::printf("amount: %.3f\ncpu: %.3f ms\n", amount, cpu_ms());
  return 0;
}
