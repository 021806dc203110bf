# eventcore_example(<name> <target>...)
#
# Builds <name>.cpp, which links the targets. It is a test too: it runs, and prints what its golden
# file says. An example of a component that is not part of the build is passed over.
function(eventcore_example name)
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      message(STATUS "Without ${target}: the example ${name} is not built")
      return()
    endif()
  endforeach()
  eventcore_tool(NAME ${name} SOURCES ${name}.cpp LINK ${ARGN})
  add_test(
    NAME example.${name}
    COMMAND "${CMAKE_COMMAND}" -D "PROGRAM=$<TARGET_FILE:${name}>"
            -D "GOLDEN=${PROJECT_SOURCE_DIR}/tests/golden/examples/${name}.txt"
            -D "ACTUAL=${CMAKE_CURRENT_BINARY_DIR}/${name}.txt"
            -P "${PROJECT_SOURCE_DIR}/cmake/check_output.cmake")
  set_tests_properties(example.${name} PROPERTIES LABELS examples TIMEOUT 60)
endfunction()
