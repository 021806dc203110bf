SELECT name, value FROM @schema@.facts
