# Text files as constants of generated headers. A changed, new or removed file configures again.

# eventcore_embed_sql(<component> <folder>)
#
# Writes <build>/generated/<component>_sql.hpp with one constant per <folder>/*.sql, named after the
# file, in namespace eventcore::<component>::sql.
function(eventcore_embed_sql component folder)
  set(text "#pragma once\n\nnamespace eventcore::${component}::sql {\n")
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.sql")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM name)
    eventcore_read_embedded("${file}" sql literal)
    string(APPEND text "\ninline constexpr char ${name}[] = ${literal};\n")
  endforeach()
  string(APPEND text "\n}  // namespace eventcore::${component}::sql\n")
  eventcore_write_embedded(${component} sql "${text}")
endfunction()

# eventcore_embed_files(<component> <folder>)
#
# Writes <build>/generated/<component>_<folder>.hpp with the array `files` of name and text of every
# file of <folder>, in namespace eventcore::<component>::<folder>.
function(eventcore_embed_files component folder)
  set(text "#pragma once\n\n#include <string_view>\n\nnamespace eventcore::${component}::${folder} {\n")
  string(APPEND text "\nstruct File {\n  std::string_view name;\n  std::string_view text;\n};\n")
  string(APPEND text "\ninline constexpr File files[] = {\n")
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*")
  foreach(file IN LISTS files)
    cmake_path(GET file FILENAME name)
    eventcore_read_embedded("${file}" file literal)
    string(APPEND text "    {\"${name}\", ${literal}},\n")
  endforeach()
  string(APPEND text "};\n\n}  // namespace eventcore::${component}::${folder}\n")
  eventcore_write_embedded(${component} ${folder} "${text}")
endfunction()

# The content of a file as a raw string whose end mark is `mark`.
function(eventcore_read_embedded file mark result)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" content)
  string(FIND "${content}" ")${mark}\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} contains the end mark of a raw string")
  endif()
  set(${result} "R\"${mark}(${content})${mark}\"" PARENT_SCOPE)
endfunction()

# Writes a generated header of a component, unless it is as it was.
function(eventcore_write_embedded component name text)
  set(header "${PROJECT_BINARY_DIR}/generated/${component}_${name}.hpp")
  set(previous "")
  if(EXISTS "${header}")
    file(READ "${header}" previous)
  endif()
  if(NOT "${previous}" STREQUAL "${text}")
    file(WRITE "${header}" "${text}")
  endif()

  get_target_property(type eventcore_${component} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(eventcore_${component} PRIVATE "${PROJECT_BINARY_DIR}/generated")
  endif()
endfunction()
