CREATE TABLE IF NOT EXISTS @schema@.eventcore_projections (
  name     text PRIMARY KEY,
  position bigint NOT NULL,
  token    bigint NOT NULL,
  log_id   uuid   NOT NULL
);
