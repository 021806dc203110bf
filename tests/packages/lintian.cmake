# Fails if lintian finds errors or warnings in the packages in FOLDER that are not SUPPRESSED.
file(GLOB packages "${FOLDER}/*.deb")
list(LENGTH packages count)
if(NOT count EQUAL 3)
  message(FATAL_ERROR "There are ${count} packages in ${FOLDER}, not 3")
endif()
execute_process(COMMAND "${LINTIAN}" --allow-root --fail-on error,warning --suppress-tags
                        "${SUPPRESSED}" ${packages} COMMAND_ERROR_IS_FATAL ANY)
