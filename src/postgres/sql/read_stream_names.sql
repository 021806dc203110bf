SELECT number, name FROM @schema@.streams WHERE number = ANY ($1)
