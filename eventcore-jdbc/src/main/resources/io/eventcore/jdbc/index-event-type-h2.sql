-- An optional index: on the type of an event and its position. Readers of the log that ask for a few types find them by it
-- instead of looking at every event. It costs every append about a third of its index maintenance more, so it is not part of
-- the schema.
--
-- Run it as the owner of the tables, after schema-h2.sql. It may run again.
CREATE INDEX IF NOT EXISTS eventcore_event_by_type ON eventcore_event (type, position);
