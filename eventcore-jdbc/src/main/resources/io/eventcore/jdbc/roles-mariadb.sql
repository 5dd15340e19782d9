-- Roles for the eventcore tables in MariaDB and MySQL, version 1. Run it in the database of the tables, after the schema
-- script, as a user who may create roles and grant on the tables. Statements end with a semicolon and hold none inside.
-- It may run again.
--
-- Two roles for you to grant to the users that your applications connect as. Replace their names at will. A role is in
-- effect once it is a user's default role: SET DEFAULT ROLE app_eventcore FOR ... (MySQL: TO ...). No function runs with
-- the rights of its owner here, so the application may insert what it likes. It cannot change or delete an event.

CREATE ROLE IF NOT EXISTS app_eventcore;
CREATE ROLE IF NOT EXISTS reader_eventcore;

GRANT SELECT ON eventcore_settings TO app_eventcore;
GRANT SELECT, INSERT, UPDATE ON eventcore_stream TO app_eventcore;
GRANT SELECT, UPDATE ON eventcore_position TO app_eventcore;
GRANT SELECT, INSERT ON eventcore_event TO app_eventcore;

GRANT SELECT ON eventcore_settings TO reader_eventcore;
GRANT SELECT ON eventcore_stream TO reader_eventcore;
GRANT SELECT ON eventcore_position TO reader_eventcore;
GRANT SELECT ON eventcore_event TO reader_eventcore;

-- What is no event and may be forgotten: which commands were executed under an id, and states of commands.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_command TO app_eventcore;
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_snapshot TO app_eventcore;

-- Keys of subjects are made, wrapped again, and blanked. Readers have none: they read sealed values.
GRANT SELECT, INSERT, UPDATE ON eventcore_subject_key TO app_eventcore;

-- Projections keep their checkpoints and leases here.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_projection TO app_eventcore;
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_parked_stream TO app_eventcore;
GRANT SELECT ON eventcore_projection TO reader_eventcore;
GRANT SELECT ON eventcore_parked_stream TO reader_eventcore;
