-- The eventcore schema for MariaDB 10.6 and later, from version 2 to version 3: deadlines of reactions.
--
-- Run it as the owner of the tables, in the database of the tables, after 002-tags-mariadb.sql. Statements end with a semicolon
-- and hold none inside. It may run again: what is there stays. It only adds: instances of the release before go on beside
-- it. A released version of this file is never edited; changes come as numbered scripts. The script for MySQL differs in
-- the collation alone.

DO GET_LOCK('eventcore schema', 60);

-- Deadlines of reactions that no event has called off so far. A row is only the place of the event that has set it, and when
-- it falls due, in microseconds since 1970 by the clock of this database. It comes and goes in the transaction that moves
-- the checkpoint of its reaction. Events with the same correlation, a hash, call it off. The slot says by the stream of the
-- event which partition executes it. state is 1 where it is set aside, and failure then says why.
CREATE TABLE IF NOT EXISTS eventcore_deadline (
    name        VARCHAR(100) NOT NULL,
    version     INTEGER NOT NULL,
    position    BIGINT NOT NULL,
    part        BIGINT NOT NULL,
    event_id    VARCHAR(36) NOT NULL,
    due_at      BIGINT NOT NULL,
    state       SMALLINT NOT NULL,
    slot        SMALLINT NOT NULL,
    correlation VARCHAR(64) NOT NULL,
    failure     VARCHAR(1000) NOT NULL,
    -- One deadline for each event and reaction.
    PRIMARY KEY (name, version, position, part),
    -- What is due next is read from here alone, however much is pending.
    KEY due (name, version, state, due_at, position, part, slot, event_id),
    -- What an event calls off.
    KEY correlation (name, version, correlation, position)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

UPDATE eventcore_settings SET schema_version = 3 WHERE id = 1 AND schema_version = 2;

DO RELEASE_LOCK('eventcore schema');
