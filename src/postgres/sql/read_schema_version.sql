SELECT value FROM @schema@.facts WHERE name = 'schema_version'
