-- read_log without an expression for each event, which costs a fifth: large payloads are left out
-- with their event, which a reader sees, because positions are dense.
SELECT position, stream, version, time, type, schema_version, ordinal, headers, payload
FROM @schema@.events
WHERE position > $1 AND position <= $2 AND octet_length(payload) <= 16384
ORDER BY position LIMIT $3
