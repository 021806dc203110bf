// A stranger's program: it knows the install and nothing of the source tree.

#include <eventcore/position.hpp>

#include <cstdio>

int main() {
  const eventcore::Position first{1};
  const eventcore::Position third = first + 2;
  std::printf("%llu events\n", static_cast<unsigned long long>(third - first));
  return third - first == 2 ? 0 : 1;
}
