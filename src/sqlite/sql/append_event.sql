INSERT INTO events (position, stream, version, type, schema_version, time, ordinal, previous, skip,
                    headers, payload)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
