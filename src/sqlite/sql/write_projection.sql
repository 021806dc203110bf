INSERT OR REPLACE INTO projections (name, position, saved_at, token, holder, expires, paused, requests,
                                    resets, resets_done, reset_to, skip, quiet_until)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
