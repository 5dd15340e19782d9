-- The eventcore schema for H2 2.2 and later, version 1.
--
-- It may run again: what is there stays. A released version of this file is never edited; changes come as numbered
-- scripts.

-- One row: what a store must know before it may take part. A store that finds another strategy refuses to start, because
-- writers that order events in different ways would let readers miss some. So does one that does not know the version in
-- compatible_from: later scripts raise it only if what they change must be kept up by all who write.
CREATE TABLE IF NOT EXISTS eventcore_settings (
    id              SMALLINT PRIMARY KEY CHECK (id = 1),
    schema_version  INTEGER NOT NULL,
    compatible_from INTEGER NOT NULL,
    order_strategy  VARCHAR(40) NOT NULL
);
INSERT INTO eventcore_settings (id, schema_version, compatible_from, order_strategy)
SELECT 1, 1, 1, 'counter-row' WHERE NOT EXISTS (SELECT 1 FROM eventcore_settings);

-- One row for each stream that an append wrote or relied on. Its row lock is what makes the version check exact. A row
-- of version 0 stands for a stream that does not exist: an append relied on its absence. H2 counts in UTF-16: 255 code
-- points may need 510 of its characters.
CREATE TABLE IF NOT EXISTS eventcore_stream (
    stream_key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id  VARCHAR(510) NOT NULL UNIQUE,
    version    BIGINT NOT NULL CHECK (version >= 0)
);

-- The last position given away. Its row stays locked until the append commits, so that positions become visible in
-- their order. An import that has not ended has taken the row away, so that none can append: it stays away.
CREATE TABLE IF NOT EXISTS eventcore_position (
    id       SMALLINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO eventcore_position (id, position)
SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM eventcore_position)
    AND NOT EXISTS (SELECT 1 FROM eventcore_settings WHERE order_strategy = 'unfinished-import');

CREATE TABLE IF NOT EXISTS eventcore_event (
    position    BIGINT PRIMARY KEY,
    stream_key  BIGINT NOT NULL,
    recorded_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    event_id    UUID NOT NULL,
    version     INTEGER NOT NULL,
    type        VARCHAR(510) NOT NULL,
    payload     VARCHAR NOT NULL,
    metadata    VARCHAR,
    -- The backstop of the version check, never its mechanism; also the index by which a stream is read.
    UNIQUE (stream_key, version)
);

-- The log is append-only for everybody. No trigger fires for TRUNCATE, but a table that another one refers to cannot be
-- truncated: that is what the second table is for.
CREATE TRIGGER IF NOT EXISTS eventcore_refuse_change BEFORE UPDATE, DELETE ON eventcore_event
    FOR EACH ROW CALL 'io.eventcore.jdbc.H2AppendOnlyTrigger';
CREATE TABLE IF NOT EXISTS eventcore_refuse_truncate (
    position BIGINT REFERENCES eventcore_event (position)
);

-- One row for each command that was executed under an id, written in the transaction that appends its events: a
-- repetition finds it, and one at the same time waits for it. Holds no payload, only a hash of the command and the ids,
-- versions and positions of its events; result is null only until that transaction has appended. Rows may be deleted
-- when no sender repeats so old a command any more: delete-old-commands-h2.sql.
CREATE TABLE IF NOT EXISTS eventcore_command (
    scope       VARCHAR(510) NOT NULL,
    command_id  VARCHAR(510) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    result      VARCHAR,
    recorded_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    PRIMARY KEY (scope, command_id)
);

-- The stored states of commands, one for each class and inputs: shortcuts that may be deleted at any time. key is a hash.
-- What orders two snapshots of one key stands in columns of its own, so that a save never replaces one that is ahead.
CREATE TABLE IF NOT EXISTS eventcore_snapshot (
    snapshot_key  VARCHAR(64) PRIMARY KEY,
    command_type  VARCHAR(510) NOT NULL,
    state_version INTEGER NOT NULL,
    position      BIGINT NOT NULL,
    events        BIGINT NOT NULL,
    versions      VARCHAR NOT NULL,
    state         VARCHAR NOT NULL,
    saved_at      TIMESTAMP(6) WITH TIME ZONE NOT NULL
);

-- The keys under which personal data in events is sealed, one for each subject, wrapped by a master key of the application.
-- subject is a hash. The row of an erased subject stays, without its key: no other key is made for it. Whoever loses this
-- table loses the personal data of all subjects; back it up apart from the events.
CREATE TABLE IF NOT EXISTS eventcore_subject_key (
    subject     VARCHAR(64) PRIMARY KEY,
    key_id      VARCHAR(36) NOT NULL UNIQUE,
    master_key  VARCHAR(100),
    wrapped_key VARCHAR(2000),
    created_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    erased_at   TIMESTAMP(6) WITH TIME ZONE
);

-- One row for each partition of a projection: who may run it, and how far it has come. One row, so that one statement
-- moves the checkpoint under the newest token only.
-- Versions of a projection stand beside each other; queries read the active one. Version 0 are the side effects.
CREATE TABLE IF NOT EXISTS eventcore_projection (
    name          VARCHAR(100) NOT NULL,
    version       INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    partitions    INTEGER NOT NULL,
    active        BOOLEAN NOT NULL,
    token         BIGINT NOT NULL,
    owner         VARCHAR(100) NOT NULL,
    good_until    TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    paused        BOOLEAN NOT NULL,
    resumes       BIGINT NOT NULL,
    position      BIGINT NOT NULL,
    seen_position BIGINT NOT NULL,
    seen_event_id VARCHAR(36) NOT NULL,
    moves         BIGINT NOT NULL,
    failure       VARCHAR(1000) NOT NULL,
    PRIMARY KEY (name, version, number)
);

-- One row for each stream that a projection has set aside: where the events begin that wait. They stay in the log.
CREATE TABLE IF NOT EXISTS eventcore_parked_stream (
    name      VARCHAR(100) NOT NULL,
    version   INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    stream_id VARCHAR(510) NOT NULL,
    position  BIGINT NOT NULL,
    type      VARCHAR(510) NOT NULL,
    failure   VARCHAR(1000) NOT NULL,
    waiting   BIGINT NOT NULL,
    request   VARCHAR(10) NOT NULL,
    PRIMARY KEY (name, version, stream_id)
);
