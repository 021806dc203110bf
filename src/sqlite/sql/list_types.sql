SELECT number, name FROM types WHERE number > ?1 ORDER BY number
