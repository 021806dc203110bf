# Run by CPack before it packs: what Debian wants in each package beside what CMake installs.
cmake_minimum_required(VERSION 3.25)
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

# Without it CPack would leave out, and say so in passing, that programs need their libraries.
find_program(shlibdeps dpkg-shlibdeps)
if(NOT shlibdeps)
  message(FATAL_ERROR "Debian packages need dpkg-shlibdeps, of the package dpkg-dev")
endif()

# Who gets the archives debugs the program, not the archive; CMake strips programs only.
file(GLOB archives "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/dev/usr/lib*/*.a")
if(archives)
  find_program(strip strip REQUIRED)
  execute_process(COMMAND "${strip}" --strip-debug --enable-deterministic-archives
                          --remove-section=.comment ${archives} COMMAND_ERROR_IS_FATAL ANY)
endif()

function(compress from to)
  execute_process(COMMAND gzip -9n INPUT_FILE "${from}" OUTPUT_FILE "${to}"
                          COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD "${to}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if it is set
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(doc "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}/usr/share/doc/${package}")
  set(entry "${CPACK_TEMPORARY_DIRECTORY}.${component}.changelog")
  file(WRITE "${entry}" "eventcore (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) "
       "bookworm; urgency=medium\n\n  * Built from this version's sources; see changelog.gz.\n\n"
       " -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${date}\n")
  file(MAKE_DIRECTORY "${doc}")
  compress("${entry}" "${doc}/changelog.Debian.gz")
  file(REMOVE "${entry}")
  compress("${CPACK_EVENTCORE_SOURCE}/CHANGELOG.md" "${doc}/changelog.gz")
  file(READ "${CPACK_EVENTCORE_SOURCE}/LICENSE" licence)
  file(WRITE "${doc}/copyright" "Package: eventcore\n\n${licence}")
endforeach()
