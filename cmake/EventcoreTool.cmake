# eventcore_tool(NAME <program> SOURCES <source>... LINK <target>... [PACKAGES <args>...]
#                [INSTALL <install component>])
#
# Builds <build>/bin/<program>. Without sources there is no target.
function(eventcore_tool)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;INSTALL" "SOURCES;LINK;PACKAGES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "eventcore_tool: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  foreach(package IN LISTS arg_PACKAGES)
    separate_arguments(package UNIX_COMMAND "${package}")
    find_package(${package} REQUIRED)
  endforeach()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LINK})
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                               "${PROJECT_BINARY_DIR}/bin")
  if(arg_INSTALL)
    install(TARGETS ${arg_NAME} COMPONENT ${arg_INSTALL})
  endif()
endfunction()
