-- An optional index: unique, on event ids. With it a repeated append is recognised also where it expects its streams in no
-- exact version (any(), streamExists()), also inside a transaction of the application, and an append of unknown outcome can be
-- settled by sending it again. It costs every append, so it is not part of the schema.
--
-- For MariaDB and MySQL. Run it once, as the owner of the tables, after the schema script: MySQL knows no IF NOT EXISTS here.
CREATE UNIQUE INDEX event_by_id ON eventcore_event (event_id);
