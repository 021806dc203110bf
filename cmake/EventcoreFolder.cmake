# eventcore_folders(<folder>... [UNDER <parent>])
#
# Enters each folder that has a CMakeLists.txt, in the order given. A folder that is not there yet
# is passed over, so that the tree configures at every stage.
function(eventcore_folders)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "UNDER" "")
  foreach(folder IN LISTS arg_UNPARSED_ARGUMENTS)
    if(arg_UNDER)
      string(PREPEND folder "${arg_UNDER}/")
    endif()
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()
