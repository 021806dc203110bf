// How holders of leases are named.

#include "../../../src/core/lease_holder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace eventcore::detail {
namespace {

TEST(LeaseHolder, NamesItsProcessAndIsNew) {
  const std::string holder = make_holder();
  EXPECT_EQ(process_of_holder(holder), static_cast<std::uint64_t>(getpid()));
  EXPECT_NE(make_holder(), holder);
}

TEST(LeaseHolder, OfAnotherHostOrFormNamesNoProcess) {
  EXPECT_EQ(process_of_holder("another-host-" + make_holder()), std::nullopt);
  for (const char* rest : {"", ":", ":x:1", ":-1:1", ":12x:1"}) {
    EXPECT_EQ(process_of_holder(host_name() + rest), std::nullopt) << rest;
  }
}

}  // namespace
}  // namespace eventcore::detail
