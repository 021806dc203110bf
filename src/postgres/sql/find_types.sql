SELECT number, name FROM @schema@.types WHERE name = ANY ($1)
