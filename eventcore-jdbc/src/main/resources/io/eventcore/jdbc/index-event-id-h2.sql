-- An optional index: unique, on event ids. With it a repeated append is recognised also where it expects its streams in no
-- exact version (any(), streamExists()), also inside a transaction of the application, and an append of unknown outcome can be
-- settled by sending it again. It costs every append, so it is not part of the schema.
--
-- Run it as the owner of the tables, after schema-h2.sql. It may run again.
CREATE UNIQUE INDEX IF NOT EXISTS eventcore_event_by_id ON eventcore_event (event_id);
