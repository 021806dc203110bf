SELECT zone FROM zones WHERE type = ?1 AND zone >= ?2 ORDER BY zone LIMIT 1
