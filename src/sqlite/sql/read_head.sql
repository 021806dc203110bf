SELECT version, position, skip FROM heads WHERE stream = ?1
