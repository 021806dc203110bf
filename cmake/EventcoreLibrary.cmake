# eventcore_library(
#   NAME <component>          builds target eventcore_<component>, alias eventcore::<component>
#   HEADERS <header>...       public headers, relative to include/eventcore/
#   SOURCES <source>...       relative to the calling folder
#   PUBLIC <target>...        what the public headers need
#   PRIVATE <target>...       what only the sources need
#   PACKAGES <args>...        one quoted find_package() argument list each; also found for users
#   PKGCONFIG <module>...)    the same packages, named for pkg-config
#
# Without headers and sources there is no target; without sources it is an INTERFACE library.
# Everything listed is installed, exported as a component and described to pkg-config.
function(eventcore_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME"
                        "HEADERS;SOURCES;PUBLIC;PRIVATE;PACKAGES;PKGCONFIG")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "eventcore_library: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_HEADERS AND NOT arg_SOURCES)
    return()
  endif()

  foreach(package IN LISTS arg_PACKAGES)
    separate_arguments(package UNIX_COMMAND "${package}")
    find_package(${package} REQUIRED)
    list(GET package 0 name)
    set_property(GLOBAL APPEND PROPERTY EVENTCORE_FOUND_PACKAGES ${name})
  endforeach()

  set(target eventcore_${arg_NAME})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
  endif()
  add_library(eventcore::${arg_NAME} ALIAS ${target})

  list(TRANSFORM arg_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/eventcore/")
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include"
                                    FILES ${arg_HEADERS})
  target_compile_features(${target} ${scope} cxx_std_20)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME})

  install(TARGETS ${target} EXPORT ${target} FILE_SET HEADERS)
  install(
    EXPORT ${target}
    NAMESPACE eventcore::
    FILE eventcore-${arg_NAME}-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eventcore)
  eventcore_describe_component()
  set_property(GLOBAL APPEND PROPERTY EVENTCORE_INSTALLED ${arg_NAME})
endfunction()

# Writes what users of one component need: its CMake dependencies and its .pc file.
# Reads the caller's parsed arguments.
macro(eventcore_describe_component)
  set(siblings ${arg_PUBLIC} ${arg_PRIVATE})
  list(FILTER siblings INCLUDE REGEX "^eventcore::")
  list(TRANSFORM siblings REPLACE "^eventcore::" "")

  set(text "")
  foreach(package IN LISTS arg_PACKAGES)
    string(APPEND text "find_dependency(${package})\n")
  endforeach()
  foreach(sibling IN LISTS siblings)
    string(APPEND text "eventcore_load_component(${sibling})\n")
  endforeach()
  set(folder "${PROJECT_BINARY_DIR}/generated/package")
  file(WRITE "${folder}/eventcore-${arg_NAME}-dependencies.cmake" "${text}")
  install(FILES "${folder}/eventcore-${arg_NAME}-dependencies.cmake"
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eventcore)

  set(PC_NAME ${arg_NAME})
  file(RELATIVE_PATH PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  list(TRANSFORM siblings PREPEND "eventcore-")
  # The libraries are static: whoever links one links what it uses.
  list(JOIN siblings " " PC_REQUIRES)
  if(arg_PKGCONFIG)
    list(JOIN arg_PKGCONFIG " " packages)
    string(APPEND PC_REQUIRES " ${packages}")
  endif()
  set(PC_LIBS "-pthread")
  if(arg_SOURCES)
    set(PC_LIBS "-L\${libdir} -l${target} -pthread")
  endif()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/eventcore.pc.in"
                 "${folder}/eventcore-${arg_NAME}.pc" @ONLY)
  install(FILES "${folder}/eventcore-${arg_NAME}.pc"
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endmacro()

# Installs the package files that all components share.
function(eventcore_install_package)
  include(CMakePackageConfigHelpers)
  get_property(components GLOBAL PROPERTY EVENTCORE_INSTALLED)
  set(folder "${PROJECT_BINARY_DIR}/generated/package")
  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/eventcore)
  set(EVENTCORE_INSTALLED_COMPONENTS "${components}")
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/eventcoreConfig.cmake.in" "${folder}/eventcoreConfig.cmake"
    INSTALL_DESTINATION ${destination} NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file("${folder}/eventcoreConfigVersion.cmake"
                                   COMPATIBILITY SameMinorVersion)
  install(FILES "${folder}/eventcoreConfig.cmake" "${folder}/eventcoreConfigVersion.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/Findxxhash.cmake" DESTINATION ${destination})
endfunction()
