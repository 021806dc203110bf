# Runs PROGRAM and compares what it prints with the file GOLDEN; ACTUAL is where the output is kept.
#
# EVENTCORE_UPDATE_GOLDEN=1 writes GOLDEN instead:
#   EVENTCORE_UPDATE_GOLDEN=1 ctest --preset release -L examples
cmake_minimum_required(VERSION 3.25)

execute_process(
  COMMAND "${PROGRAM}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ERROR_VARIABLE complaint)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}:\n${output}${complaint}")
endif()

if(DEFINED ENV{EVENTCORE_UPDATE_GOLDEN})
  file(WRITE "${GOLDEN}" "${output}")
  return()
endif()
file(WRITE "${ACTUAL}" "${output}")
execute_process(
  COMMAND diff -u "${GOLDEN}" "${ACTUAL}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE difference
  ERROR_VARIABLE difference)
if(NOT status EQUAL 0)
  message(NOTICE "${difference}")
  message(FATAL_ERROR "The output differs; EVENTCORE_UPDATE_GOLDEN=1 updates the golden file.")
endif()
