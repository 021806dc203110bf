# Installs BUILD into an empty PREFIX, so that a header that is no longer listed is missed.
file(REMOVE_RECURSE "${PREFIX}")
execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${PREFIX}"
                        COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
