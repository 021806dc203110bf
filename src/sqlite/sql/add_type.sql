INSERT INTO types (number, name) VALUES (?1, ?2)
