SELECT projection, position, reason, state, message, attempts, trace_id, first_failure, last_failure
FROM dead_letters
WHERE (?1 = '' OR projection = ?1) AND position > ?2 AND (?3 = 0 OR state = ?3)
ORDER BY projection, position LIMIT ?4
