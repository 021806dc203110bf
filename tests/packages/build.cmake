# Makes the packages of a build in the empty FOLDER.
file(REMOVE_RECURSE "${FOLDER}")
execute_process(COMMAND "${CPACK}" --config "${CONFIG}" -B "${FOLDER}" COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE "${FOLDER}/_CPack_Packages")
