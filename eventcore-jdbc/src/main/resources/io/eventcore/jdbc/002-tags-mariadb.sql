-- The eventcore schema for MariaDB 10.6 and later, from version 1 to version 2: tags of events.
--
-- Run it as the owner of the tables, in the database of the tables, after schema-mariadb.sql. Statements end with a semicolon
-- and hold none inside. It may run again: what is there stays. It only adds: instances of the release before go on beside
-- it. A released version of this file is never edited; changes come as numbered scripts. The script for MySQL differs in
-- the collation alone.

DO GET_LOCK('eventcore schema', 60);

-- A tag has one row in eventcore_stream, under U+0001 || name || ':' || value. No stream id holds a control character, so
-- the two kinds never meet, and in the order of bytes all tags come before all streams: one order for all locks. Its
-- version counts the events that carry the tag. This table says where they stand: one row for each tag of each event.
CREATE TABLE IF NOT EXISTS eventcore_event_tag (
    tag_key  BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (tag_key, position)
    -- No foreign keys: they would lock the rows of tags and events once more for every entry.
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- As append-only as the log. The second table keeps the first from being truncated.
CREATE TRIGGER IF NOT EXISTS eventcore_refuse_tag_update BEFORE UPDATE ON eventcore_event_tag FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are immutable: UPDATE is refused';
CREATE TRIGGER IF NOT EXISTS eventcore_refuse_tag_delete BEFORE DELETE ON eventcore_event_tag FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are immutable: DELETE is refused';
CREATE TABLE IF NOT EXISTS eventcore_tag_refuse_truncate (
    tag_key  BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (tag_key, position),
    FOREIGN KEY (tag_key, position) REFERENCES eventcore_event_tag (tag_key, position)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Names of tags that events which were stored without them are given, by the owner of the tables. While complete is false no
-- decision may rest on a tag of that name. Up to filled_to all events have them; plan tells by which event types, so that
-- what was interrupted goes on by the same. A name without a row is complete.
CREATE TABLE IF NOT EXISTS eventcore_tag_name (
    name      VARCHAR(63) NOT NULL PRIMARY KEY,
    complete  BOOLEAN NOT NULL,
    filled_to BIGINT NOT NULL DEFAULT 0,
    plan      VARCHAR(32) NOT NULL DEFAULT ''
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

UPDATE eventcore_settings SET schema_version = 2 WHERE id = 1 AND schema_version = 1;

DO RELEASE_LOCK('eventcore schema');
