#pragma once

/// \file
/// How the program tells its user what went wrong.

#include <cstdio>
#include <string>

namespace shop {

/// Prints one line on standard error.
inline void print_error(const std::string& text) {
  std::fprintf(stderr, "eventcore-shop: %s\n", text.c_str());
}

}  // namespace shop
