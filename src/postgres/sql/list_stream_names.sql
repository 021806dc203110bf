SELECT number, name FROM @schema@.streams WHERE number > $1 ORDER BY number LIMIT $2
