INSERT OR REPLACE INTO dead_letters (projection, position, reason, state, message, attempts, trace_id,
                                     first_failure, last_failure)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
