SELECT * FROM @schema@.read_streams($1, $2, $3, $4, $5, $6, $7)
