SELECT command_id, first, stamp, events FROM @schema@.give_up($1, $2, $3, $4, $5)
