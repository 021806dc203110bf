UPDATE heads SET position = max(position, ?1) WHERE stream = 0
