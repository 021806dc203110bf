SELECT number, name FROM @schema@.types WHERE number = ANY ($1)
