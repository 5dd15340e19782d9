-- An optional index: on the type of an event and its position. Readers of the log that ask for a few types find them by it
-- instead of looking at every event. It costs every append about a third of its index maintenance more, so it is not part of
-- the schema.
--
-- For MariaDB and MySQL. Run it once, as the owner of the tables, after the schema script: MySQL knows no IF NOT EXISTS here.
CREATE INDEX event_by_type ON eventcore_event (type, position);
