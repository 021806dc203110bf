SELECT stream, version, position, skip FROM heads WHERE stream >= ?1 ORDER BY stream
