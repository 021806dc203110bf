INSERT INTO events (position, stream, version, type, schema_version, time, ordinal, previous, skip,
                    headers, payload, command_id, command_type, key, correlation_id, causation_id,
                    trace, attempts, decision, batch_events, checksum)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
