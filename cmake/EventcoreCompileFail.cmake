# eventcore_compile_fail(SOURCES <source>... [LINK <target>...])
#
# Each source becomes two ctest tests: with GOOD defined it compiles; without, it does not, and the
# compiler's output matches the regular expression in the source's first line, `// expect: REGEX`.
function(eventcore_compile_fail)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(eventcore_compile_fail_usage INTERFACE)
  target_link_libraries(eventcore_compile_fail_usage INTERFACE ${arg_LINK})
  set(property $<TARGET_PROPERTY:eventcore_compile_fail_usage,INTERFACE_INCLUDE_DIRECTORIES>)
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(GET source STEM name)
    foreach(branch good bad)
      add_test(
        NAME compile_fail.${name}.${branch}
        COMMAND
          ${CMAKE_COMMAND} -D COMPILER=${CMAKE_CXX_COMPILER} -D BRANCH=${branch}
          -D "INCLUDES=$<JOIN:${property},|>" -D SOURCE=${CMAKE_CURRENT_SOURCE_DIR}/${source} -P
          ${PROJECT_SOURCE_DIR}/cmake/check_compile_fail.cmake)
      set_tests_properties(compile_fail.${name}.${branch} PROPERTIES LABELS compile_fail
                                                                      TIMEOUT 120)
    endforeach()
  endforeach()
endfunction()
