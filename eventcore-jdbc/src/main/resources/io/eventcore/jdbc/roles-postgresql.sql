-- Roles for the eventcore tables in PostgreSQL, version 1. Run it as the owner of the tables, after
-- schema-postgresql.sql, as one statement or with psql, Flyway or Liquibase (splitStatements: false). It may run again.
--
-- Two roles without a login, for you to grant to the users that your applications connect as. Replace their names at
-- will. None of the two may own the tables, or create anything in their schema.
--
--   app_eventcore     reads, and appends by the functions of the schema. Cannot write past them: a plain INSERT,
--                     UPDATE, DELETE, TRUNCATE or nextval is refused (42501).
--   reader_eventcore  reads.

-- Two that grant at the same time would change the same row of the catalogue.
SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_eventcore') THEN
        CREATE ROLE app_eventcore NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader_eventcore') THEN
        CREATE ROLE reader_eventcore NOLOGIN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO app_eventcore, reader_eventcore',
                   (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'eventcore_event'::regclass));
END
$$;

GRANT SELECT ON eventcore_settings, eventcore_stream, eventcore_event TO app_eventcore, reader_eventcore;
-- SELECT tells the last position and draws none, as USAGE would.
GRANT SELECT ON SEQUENCE eventcore_position TO app_eventcore, reader_eventcore;
GRANT EXECUTE ON FUNCTION eventcore_in_flight, eventcore_lock_space, eventcore_refuse_standby,
    eventcore_refuse_restarted_sequence TO app_eventcore, reader_eventcore;
GRANT EXECUTE ON FUNCTION eventcore_append_event, eventcore_append, eventcore_append_batch, eventcore_lock_stream
    TO app_eventcore;

-- What is no event and may be forgotten: which commands were executed under an id, and states of commands.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_command TO app_eventcore;
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_snapshot TO app_eventcore;

-- Keys of subjects are made, wrapped again, and blanked. Readers have none: they read sealed values.
GRANT SELECT, INSERT, UPDATE ON eventcore_subject_key TO app_eventcore;

-- Projections keep their checkpoints and leases here.
GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_projection, eventcore_parked_stream TO app_eventcore;
GRANT SELECT ON eventcore_projection, eventcore_parked_stream TO reader_eventcore;
