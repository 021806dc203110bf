# eventcore_fuzz(NAME <concept> SOURCES <source>... LINK <target>... [INTERNALS <folder of src>...])
#
# The sources define LLVMFuzzerTestOneInput. In the fuzz preset this builds the libFuzzer program
# <build>/bin/<concept>_fuzz; in every other preset a program that replays the corpus in
# tests/fuzz/corpus/<concept>/, run as a ctest test.
option(EVENTCORE_FUZZ "Link the fuzz targets with libFuzzer (needs clang)" OFF)

function(eventcore_fuzz)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LINK;INTERNALS")
  set(program ${arg_NAME}_fuzz)
  add_executable(${program} ${arg_SOURCES})
  target_link_libraries(${program} PRIVATE ${arg_LINK})
  foreach(folder ${arg_INTERNALS})
    target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}/src/${folder}")
  endforeach()
  set(corpus "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${arg_NAME}")
  if(EVENTCORE_FUZZ)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    set(replay -runs=0)
  else()
    target_sources(${program} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp")
    set(replay "")
  endif()
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  add_test(NAME fuzz.${arg_NAME} COMMAND ${program} ${replay} "${corpus}")
  set_tests_properties(fuzz.${arg_NAME} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
