-- The eventcore schema for MariaDB 10.6 and later, version 1.
--
-- Run it as the owner of the tables, in the database of the tables. Statements end with a semicolon and hold none
-- inside, so every tool can split it: the drivers take one statement at a time. It may run again: what is there stays. A
-- released version of this file is never edited; changes come as numbered scripts. The script for MySQL differs in the
-- collation alone.

-- Two applications that start together wait for each other here. Everything below also stands a second run beside it.
DO GET_LOCK('eventcore schema', 60);

-- One row for each stream that an append wrote or relied on. Its row lock is what makes the version check exact. A row
-- of version 0 stands for a stream that does not exist: an append relied on its absence.
--
-- The collation compares bytes: two ids that differ in case, in an accent or in trailing blanks are two streams, and
-- their order is the order in which every store locks them. The id is the primary key because a duplicate there locks
-- one row; the key is what events refer to, and its index holds the id as well.
CREATE TABLE IF NOT EXISTS eventcore_stream (
    stream_id  VARCHAR(255) NOT NULL PRIMARY KEY,
    stream_key BIGINT NOT NULL AUTO_INCREMENT UNIQUE,
    version    BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The last position given away. Its row stays locked until the append commits, so that positions become visible in
-- their order.
CREATE TABLE IF NOT EXISTS eventcore_position (
    id       SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- The log. No check that the payload is JSON: JSON_VALID refuses what is valid (more than 32 levels, escapes of single
-- surrogates), and MySQL's type JSON does not keep the text. What is written is what is read, byte by byte.
CREATE TABLE IF NOT EXISTS eventcore_event (
    position    BIGINT NOT NULL PRIMARY KEY,
    stream_key  BIGINT NOT NULL,
    -- In UTC, whatever the time zone of the session: a TIMESTAMP would be converted, and ends in 2038.
    recorded_at DATETIME(6) NOT NULL,
    event_id    BINARY(16) NOT NULL,
    version     INTEGER NOT NULL,
    type        VARCHAR(255) NOT NULL,
    payload     LONGTEXT NOT NULL,
    metadata    LONGTEXT,
    -- The backstop of the version check, never its mechanism; also the index by which a stream is read.
    UNIQUE (stream_key, version)
    -- No foreign key to the stream: it would lock the stream's row once more for every event.
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The log is append-only for everybody. No trigger fires for TRUNCATE, but a table that another one refers to cannot be
-- truncated: that is what the table is for. On a server with a binary log, a user who is not allowed to create triggers
-- there needs log_bin_trust_function_creators = 1 for the time of this script.
CREATE TRIGGER IF NOT EXISTS eventcore_refuse_update BEFORE UPDATE ON eventcore_event FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are immutable: UPDATE is refused';
CREATE TRIGGER IF NOT EXISTS eventcore_refuse_delete BEFORE DELETE ON eventcore_event FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are immutable: DELETE is refused';
CREATE TABLE IF NOT EXISTS eventcore_refuse_truncate (
    position BIGINT NOT NULL PRIMARY KEY,
    FOREIGN KEY (position) REFERENCES eventcore_event (position)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- One row for each command that was executed under an id, written in the transaction that appends its events: a
-- repetition finds it, and one at the same time waits for it. Holds no payload, only a hash of the command and the ids,
-- versions and positions of its events. result is null only until that transaction has appended. Rows may be deleted
-- when no sender repeats so old a command any more: delete-old-commands-mariadb.sql.
CREATE TABLE IF NOT EXISTS eventcore_command (
    scope       VARCHAR(255) NOT NULL,
    command_id  VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    result      LONGTEXT,
    recorded_at DATETIME(6) NOT NULL,
    PRIMARY KEY (scope, command_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The stored states of commands, one for each class and inputs: shortcuts that may be deleted at any time. key is a hash.
-- What orders two snapshots of one key stands in columns of its own, so that a save never replaces one that is ahead.
CREATE TABLE IF NOT EXISTS eventcore_snapshot (
    snapshot_key  VARCHAR(64) NOT NULL PRIMARY KEY,
    command_type  VARCHAR(510) NOT NULL,
    state_version INTEGER NOT NULL,
    position      BIGINT NOT NULL,
    events        BIGINT NOT NULL,
    versions      LONGTEXT NOT NULL,
    state         LONGTEXT NOT NULL,
    saved_at      DATETIME(6) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The keys under which personal data in events is sealed, one for each subject, wrapped by a master key of the application.
-- subject is a hash. The row of an erased subject stays, without its key: no other key is made for it. Whoever loses this
-- table loses the personal data of all subjects; back it up apart from the events.
CREATE TABLE IF NOT EXISTS eventcore_subject_key (
    subject     VARCHAR(64) NOT NULL PRIMARY KEY,
    key_id      VARCHAR(36) NOT NULL UNIQUE,
    master_key  VARCHAR(100),
    wrapped_key VARCHAR(2000),
    created_at  DATETIME(6) NOT NULL,
    erased_at   DATETIME(6)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One row for each partition of a projection: who may run it, and how far it has come. One row, so that one statement
-- moves the checkpoint under the newest token only. Each move is counted, so that every one changes the row.
-- Versions of a projection stand beside each other; queries read the active one. Version 0 are the side effects.
CREATE TABLE IF NOT EXISTS eventcore_projection (
    name          VARCHAR(100) NOT NULL,
    version       INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    partitions    INTEGER NOT NULL,
    active        BOOLEAN NOT NULL,
    token         BIGINT NOT NULL,
    owner         VARCHAR(100) NOT NULL,
    good_until    DATETIME(6) NOT NULL,
    paused        BOOLEAN NOT NULL,
    resumes       BIGINT NOT NULL,
    position      BIGINT NOT NULL,
    seen_position BIGINT NOT NULL,
    seen_event_id VARCHAR(36) NOT NULL,
    moves         BIGINT NOT NULL,
    failure       VARCHAR(1000) NOT NULL,
    PRIMARY KEY (name, version, number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One row for each stream that a projection has set aside: where the events begin that wait. They stay in the log.
CREATE TABLE IF NOT EXISTS eventcore_parked_stream (
    name      VARCHAR(100) NOT NULL,
    version   INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    stream_id VARCHAR(255) NOT NULL,
    position  BIGINT NOT NULL,
    type      VARCHAR(255) NOT NULL,
    failure   VARCHAR(1000) NOT NULL,
    waiting   BIGINT NOT NULL,
    request   VARCHAR(10) NOT NULL,
    PRIMARY KEY (name, version, stream_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One row: what a store must know before it may take part. A store that finds another strategy refuses to start, because
-- writers that order events in different ways would let readers miss some. So does one that does not know the version in
-- compatible_from: later scripts raise it only if what they change must be kept up by all who write. It comes last: where it
-- stands, the rest is complete, for no transaction holds these statements together.
CREATE TABLE IF NOT EXISTS eventcore_settings (
    id              SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    schema_version  INTEGER NOT NULL,
    compatible_from INTEGER NOT NULL,
    order_strategy  VARCHAR(40) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4;
-- An import that has not ended has taken the row of positions away, so that none can append: it stays away. The lock
-- makes the statement see what an import that begins at this moment says.
INSERT IGNORE INTO eventcore_position (id, position)
SELECT 1, 0 FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM eventcore_settings WHERE order_strategy = 'unfinished-import' LOCK IN SHARE MODE);
INSERT IGNORE INTO eventcore_settings (id, schema_version, compatible_from, order_strategy) VALUES (1, 1, 1, 'counter-row');

DO RELEASE_LOCK('eventcore schema');
