-- The eventcore schema for PostgreSQL 14 and later, from version 2 to version 3: deadlines of reactions.
--
-- Run it as the owner of the tables, after 002-tags-postgresql.sql, as one statement or with psql, Flyway or Liquibase
-- (splitStatements: false). It may run again: what is there stays. It only adds: instances of the release before go on
-- beside it. A released version of this file is never edited; changes come as numbered scripts.

SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

-- Deadlines of reactions that no event has called off so far. A row is only the place of the event that has set it, and when
-- it falls due, in microseconds since 1970 by the clock of this database. It comes and goes in the transaction that moves
-- the checkpoint of its reaction. Events with the same correlation, a hash, call it off. The slot says by the stream of the
-- event which partition executes it. state is 1 where it is set aside, and failure then says why.
-- Rows come and go at one end of the index, so it is cleaned up long before the default share of the table has changed.
CREATE TABLE IF NOT EXISTS eventcore_deadline (
    name        text COLLATE "C" NOT NULL,
    version     integer  NOT NULL,
    position    bigint   NOT NULL,
    part        bigint   NOT NULL,
    event_id    text     NOT NULL,
    due_at      bigint   NOT NULL,
    state       smallint NOT NULL,
    slot        smallint NOT NULL,
    correlation text COLLATE "C" NOT NULL,
    failure     text     NOT NULL,
    -- One deadline for each event and reaction.
    PRIMARY KEY (name, version, position, part),
    -- What is due next is read from the index of this alone, however much is pending.
    UNIQUE (name, version, state, due_at, position, part) INCLUDE (slot, event_id),
    -- What an event calls off.
    UNIQUE (name, version, correlation, position, part)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

UPDATE eventcore_settings SET schema_version = 3 WHERE id = 1 AND schema_version = 2;
