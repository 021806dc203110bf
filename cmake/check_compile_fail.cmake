# Compiles SOURCE with COMPILER and says whether BRANCH (good or bad) ends as it must.
cmake_minimum_required(VERSION 3.25)

file(STRINGS "${SOURCE}" first LIMIT_COUNT 1)
if(NOT first MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line is not `// expect: REGEX`")
endif()
set(expected "${CMAKE_MATCH_1}")

string(REPLACE "|" ";" flags "${INCLUDES}")
list(REMOVE_DUPLICATES flags)
list(TRANSFORM flags PREPEND "-I")
if(BRANCH STREQUAL "good")
  list(APPEND flags -DGOOD)
endif()
execute_process(
  COMMAND "${COMPILER}" -std=c++20 -fsyntax-only ${flags} "${SOURCE}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

if(BRANCH STREQUAL "good")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The good branch does not compile:\n${output}")
  endif()
elseif(status EQUAL 0)
  message(FATAL_ERROR "The bad branch compiles.")
elseif(NOT output MATCHES "${expected}")
  message(FATAL_ERROR "The output does not match '${expected}':\n${output}")
endif()
