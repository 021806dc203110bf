DELETE FROM dead_letters WHERE projection = ?1 AND position > ?2
