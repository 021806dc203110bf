SELECT projection, position, reason, state, message, attempts, trace_id, first_failure, last_failure
FROM dead_letters WHERE projection = ?1 AND position = ?2
