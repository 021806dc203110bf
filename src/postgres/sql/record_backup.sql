SELECT @schema@.set_fact('backup_position', $1), @schema@.set_fact('backup_time', $2)
