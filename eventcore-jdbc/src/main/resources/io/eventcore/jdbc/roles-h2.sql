-- Roles for the eventcore tables in H2, version 1. Run it as an administrator, after schema-h2.sql. It may run again.
--
-- Two roles for you to grant to the users that your applications connect as. Replace their names at will. H2 has no
-- functions that run with the rights of their owner, so the application may insert what it likes; it cannot change or
-- delete an event.

CREATE ROLE IF NOT EXISTS app_eventcore;
CREATE ROLE IF NOT EXISTS reader_eventcore;

GRANT SELECT ON eventcore_settings, eventcore_stream, eventcore_position, eventcore_event
    TO app_eventcore;
GRANT SELECT ON eventcore_settings, eventcore_stream, eventcore_position, eventcore_event
    TO reader_eventcore;
GRANT INSERT ON eventcore_event TO app_eventcore;
GRANT INSERT, UPDATE ON eventcore_stream TO app_eventcore;
GRANT UPDATE ON eventcore_position TO app_eventcore;

-- What is no event and may be forgotten: which commands were executed under an id, and states of commands.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_command TO app_eventcore;
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_snapshot TO app_eventcore;

-- Keys of subjects are made, wrapped again, and blanked. Readers have none: they read sealed values.
GRANT SELECT, INSERT, UPDATE ON eventcore_subject_key TO app_eventcore;

-- Projections keep their checkpoints and leases here.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_projection, eventcore_parked_stream TO app_eventcore;
GRANT SELECT ON eventcore_projection, eventcore_parked_stream TO reader_eventcore;
