SELECT number, name FROM @schema@.types ORDER BY number
