SELECT id FROM @schema@.log_identity
