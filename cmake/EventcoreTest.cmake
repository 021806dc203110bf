# eventcore_test(
#   NAME <program>            for example core_tests
#   LABEL <label>             unit, contract, integration, crash: the folder below tests/
#   SOURCES <source>...       relative to the calling folder
#   LINK <target>...          GoogleTest and GoogleMock with a main are always linked
#   INTERNALS <component>...  also sees the private headers of these components
#   PACKAGES <args>...        one quoted find_package() argument list each
#   TIMEOUT <seconds>         for one test case, 60 if not given
#   SERIAL                    runs alone
#   POSTGRES)                 uses PostgreSQL servers; shared_postgres() is one for the run of ctest
#
# Each test case becomes one ctest test. The program is passed over when it has no sources or when a
# component that it links is not part of the build.
function(eventcore_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "SERIAL;POSTGRES" "NAME;LABEL;TIMEOUT"
                        "SOURCES;LINK;INTERNALS;PACKAGES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "eventcore_test: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  foreach(target IN LISTS arg_LINK)
    if(target MATCHES "^eventcore::" AND NOT TARGET ${target})
      message(STATUS "Without ${target}: ${arg_NAME} is not built")
      return()
    endif()
  endforeach()
  foreach(package IN LISTS arg_PACKAGES)
    separate_arguments(package UNIX_COMMAND "${package}")
    find_package(${package} REQUIRED)
  endforeach()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()

  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  foreach(component IN LISTS arg_INTERNALS)
    target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}/src/${component}"
                                                   "${PROJECT_BINARY_DIR}/generated")
  endforeach()
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                               "${PROJECT_BINARY_DIR}/tests/bin")
  set(properties LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  if(arg_POSTGRES)
    target_link_libraries(${arg_NAME} PRIVATE eventcore_postgres_testing)
    add_dependencies(${arg_NAME} eventcore-test-postgres)
    list(APPEND properties FIXTURES_REQUIRED postgres ENVIRONMENT
         "EVENTCORE_POSTGRES=${PROJECT_BINARY_DIR}/tests/postgres/shared/server")
  endif()
  if(arg_LABEL MATCHES "^(unit|contract)$")
    # What the sanitizers run, so that they build nothing else.
    if(NOT TARGET sanitized_tests)
      add_custom_target(sanitized_tests)
    endif()
    add_dependencies(sanitized_tests ${arg_NAME})
  endif()
  include(GoogleTest)
  gtest_discover_tests(
    ${arg_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 30 PROPERTIES ${properties})
endfunction()
