INSERT OR REPLACE INTO heads (stream, version, position, skip) VALUES (?1, ?2, ?3, ?4)
