INSERT OR IGNORE INTO zones (type, zone)
  SELECT DISTINCT type, ?1 FROM events WHERE position > ?1 * 4096 AND position <= (?1 + 1) * 4096
