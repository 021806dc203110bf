SELECT position, payload FROM @schema@.events WHERE position = ANY ($1)
