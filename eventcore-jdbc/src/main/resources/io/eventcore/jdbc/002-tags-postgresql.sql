-- The eventcore schema for PostgreSQL 14 and later, from version 1 to version 2: tags of events.
--
-- Run it as the owner of the tables, after schema-postgresql.sql, as one statement or with psql, Flyway or Liquibase
-- (splitStatements: false). It may run again: what is there stays. It only adds: instances of the release before go on
-- beside it. A released version of this file is never edited; changes come as numbered scripts.

SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

-- A tag has one row in eventcore_stream, under U+0001 || name || ':' || value. No stream id holds a control character, so
-- the two kinds never meet, and in the order of bytes all tags come before all streams: one order for all locks. Its
-- version counts the events that carry the tag. This table says where they stand: one row for each tag of each event.
CREATE TABLE IF NOT EXISTS eventcore_event_tag (
    tag_key  bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (tag_key, position)
    -- No foreign keys: they would lock the rows of tags and events once more for every entry.
);

-- As append-only as the log, for everybody, for replicas and for TRUNCATE too.
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON eventcore_event_tag
    FOR EACH ROW EXECUTE FUNCTION eventcore_refuse_change();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON eventcore_event_tag
    FOR EACH STATEMENT EXECUTE FUNCTION eventcore_refuse_change();
ALTER TABLE eventcore_event_tag ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE eventcore_event_tag ENABLE ALWAYS TRIGGER refuse_truncate;

-- Names of tags that events which were stored without them are given, by the owner of the tables. While complete is false no
-- decision may rest on a tag of that name. Up to filled_to all events have them; plan tells by which event types, so that
-- what was interrupted goes on by the same. A name without a row is complete.
CREATE TABLE IF NOT EXISTS eventcore_tag_name (
    name      text COLLATE "C" PRIMARY KEY,
    complete  boolean NOT NULL,
    filled_to bigint NOT NULL DEFAULT 0,
    plan      text COLLATE "C" NOT NULL DEFAULT ''
);

-- The number of the first of these items of boundaries that something has happened to since it was read; null if none.
--
-- An item names the key of the row that guards it, the version that the reader saw of that row, the place up to which the
-- reader saw its events (a position for a tag, a version for a stream), and stands by its number in p_type_items with each
-- type that is wanted, in p_rest_items with each other tag that the event must carry. The caller has locked the guards,
-- and this is a function of its own, VOLATILE: its statements see what was committed before the locks were granted.
--
-- That the entries beyond the place are as many as the version has grown by tells that none was put below it: a tag that
-- old events were given in the meantime is a conflict.
CREATE OR REPLACE FUNCTION eventcore_boundary_moved(
    p_items      integer[],
    p_keys       bigint[],
    p_tags       boolean[],
    p_grown      bigint[],
    p_after      bigint[],
    p_type_items integer[],
    p_type_names text[],
    p_rest_items integer[],
    p_rest_tags  text[]
) RETURNS integer LANGUAGE plpgsql
-- Plans are kept, and one made while a table was small must not scan it when it has grown.
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_types text[];
    v_rest  bigint[];
    v_tags  integer;
    v_moved boolean;
BEGIN
    FOR i IN 1 .. cardinality(p_items) LOOP
        v_types := ARRAY(SELECT u.n FROM unnest(p_type_items, p_type_names) AS u(item, n) WHERE u.item = p_items[i]);
        IF NOT p_tags[i] THEN
            SELECT count(*) <> p_grown[i] OR coalesce(bool_or(e.type = ANY (v_types)), false) INTO v_moved
            FROM eventcore_event e
            WHERE e.stream_key = p_keys[i] AND e.version > p_after[i];
        ELSE
            SELECT count(*), array_agg(s.stream_key) INTO v_tags, v_rest
            FROM unnest(p_rest_items, p_rest_tags) AS u(item, t)
            LEFT JOIN eventcore_stream s ON s.stream_id = u.t
            WHERE u.item = p_items[i];
            SELECT count(*) <> p_grown[i] OR coalesce(bool_or(
                       (cardinality(v_types) = 0
                           OR (SELECT e.type = ANY (v_types) FROM eventcore_event e WHERE e.position = t.position))
                       AND (v_tags = 0
                           OR (SELECT count(*) FROM eventcore_event_tag r
                               WHERE r.tag_key = ANY (v_rest) AND r.position = t.position) = v_tags)), false)
            INTO v_moved
            FROM eventcore_event_tag t
            WHERE t.tag_key = p_keys[i] AND t.position > p_after[i];
        END IF;
        IF v_moved THEN
            RETURN p_items[i];
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- The places of events with these ids among those that carry one of these tags, beyond a position; null unless all are found.
-- For appends that no version of a stream would refuse the second time: a boundary does.
--
-- p_event_tags has for each event the key of a tag that it carries, a guard if it carries one: at most 1,000 events of others
-- came to a guard before the append was accepted, and at most 512 share a transaction with it.
CREATE OR REPLACE FUNCTION eventcore_tagged_positions(
    p_stream_keys bigint[],
    p_event_ids   text[],
    p_event_tags  bigint[],
    p_after       bigint,
    OUT positions bigint[],
    OUT versions  bigint[]
) LANGUAGE plpgsql
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    SELECT array_agg(e.position ORDER BY u.o), array_agg(e.version::bigint ORDER BY u.o)
    INTO positions, versions
    FROM (
        SELECT DISTINCT t.position
        FROM (SELECT DISTINCT k FROM unnest(p_event_tags) AS u(k) WHERE k IS NOT NULL) tag
        CROSS JOIN LATERAL (
            SELECT position FROM eventcore_event_tag
            WHERE tag_key = tag.k AND position > p_after
            ORDER BY position
            LIMIT 2000 + cardinality(p_event_ids)
        ) t
    ) t
    JOIN eventcore_event e ON e.position = t.position
    JOIN unnest(p_stream_keys, p_event_ids) WITH ORDINALITY AS u(k, id, o)
        ON u.k = e.stream_key AND u.id::uuid = e.event_id;
    IF cardinality(positions) IS DISTINCT FROM cardinality(p_event_ids) THEN
        positions := NULL;
        versions := NULL;
    END IF;
END
$$;

-- Appends one event to one stream in a transaction of its own, with one tag or more: what most appends with tags are, with
-- as few statements and expressions as can be.
--
-- p_tags come sorted by the bytes of their ids and are locked before the stream, as eventcore_append_tagged does.
-- p_seen_versions has for each tag the version that it must have, -1 for any. p_expected is exact, or -1 for any.
--
-- Returns the position and the version of the event, or null if a row is not in the version expected; nothing is changed
-- then, and eventcore_append_tagged finds out why, looks at what has come to a tag, and whether the event is stored
-- already. Without p_waits it fails (55P03) where it would have to wait for another transaction.
CREATE OR REPLACE FUNCTION eventcore_append_tagged_event(
    p_stream_id     text,
    p_expected      bigint,
    p_event_id      text,
    p_type          text,
    p_payload       text,
    p_metadata      text,
    p_tags          text[],
    p_seen_versions bigint[],
    p_waits         boolean
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_first    bigint;
    v_second   bigint;
    v_more     bigint[];
    v_key      bigint;
    v_version  bigint := p_expected;
    v_position bigint;
BEGIN
    IF NOT p_waits THEN
        PERFORM set_config('lock_timeout', '20ms', true);
    END IF;

    -- The first two by statements of their own, since a loop costs as much as a tag. Most tags are there: an insert that finds
    -- them would cost more than the update.
    UPDATE eventcore_stream SET version = version + 1
    WHERE stream_id = p_tags[1] AND (p_seen_versions[1] = -1 OR version = p_seen_versions[1])
    RETURNING stream_key INTO v_first;
    IF v_first IS NULL THEN
        INSERT INTO eventcore_stream (stream_id, version) SELECT p_tags[1], 1 WHERE p_seen_versions[1] <= 0
        ON CONFLICT DO NOTHING RETURNING stream_key INTO v_first;
        IF v_first IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF p_tags[2] IS NOT NULL THEN
        UPDATE eventcore_stream SET version = version + 1
        WHERE stream_id = p_tags[2] AND (p_seen_versions[2] = -1 OR version = p_seen_versions[2])
        RETURNING stream_key INTO v_second;
        IF v_second IS NULL THEN
            INSERT INTO eventcore_stream (stream_id, version) SELECT p_tags[2], 1 WHERE p_seen_versions[2] <= 0
            ON CONFLICT DO NOTHING RETURNING stream_key INTO v_second;
        END IF;
        v_key := v_second;
        IF p_tags[3] IS NOT NULL THEN
            FOR i IN 3 .. cardinality(p_tags) LOOP
                EXIT WHEN v_key IS NULL;
                UPDATE eventcore_stream SET version = version + 1
                WHERE stream_id = p_tags[i] AND (p_seen_versions[i] = -1 OR version = p_seen_versions[i])
                RETURNING stream_key INTO v_key;
                IF v_key IS NULL THEN
                    INSERT INTO eventcore_stream (stream_id, version) SELECT p_tags[i], 1 WHERE p_seen_versions[i] <= 0
                    ON CONFLICT DO NOTHING RETURNING stream_key INTO v_key;
                END IF;
                v_more[i - 2] := v_key;
            END LOOP;
        END IF;
    ELSE
        v_key := v_first;
    END IF;

    IF v_key IS NULL THEN
        NULL;
    ELSIF p_expected > 0 THEN
        WITH stream AS (
            UPDATE eventcore_stream SET version = p_expected + 1
            WHERE stream_id = p_stream_id AND version = p_expected RETURNING stream_key
        ), announced AS MATERIALIZED (
            SELECT stream_key, pg_advisory_xact_lock_shared(eventcore_announcement())::text AS done FROM stream
        )
        INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
        SELECT CASE WHEN done IS NOT NULL THEN nextval('eventcore_position') END, stream_key, clock_timestamp(),
               p_event_id::uuid, p_expected + 1, p_type, p_payload::json, p_metadata::json
        FROM announced
        RETURNING position INTO v_position;
    ELSE
        v_key := NULL;
        IF p_expected < 0 THEN
            UPDATE eventcore_stream SET version = version + 1 WHERE stream_id = p_stream_id
            RETURNING stream_key, version - 1 INTO v_key, v_version;
        END IF;
        IF v_key IS NULL THEN
            INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_id, 1)
            ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
        END IF;
        IF v_key IS NOT NULL THEN
            PERFORM pg_advisory_xact_lock_shared(eventcore_announcement());
            INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
            VALUES (nextval('eventcore_position'), v_key, clock_timestamp(), p_event_id::uuid, v_version + 1, p_type,
                    p_payload::json, p_metadata::json)
            RETURNING position INTO v_position;
        END IF;
    END IF;

    IF v_position IS NULL THEN
        UPDATE eventcore_stream SET version = version - 1
        WHERE stream_key = ANY ((SELECT ARRAY[v_first, v_second] || v_more)::bigint[]);
        RETURN NULL;
    END IF;
    IF v_second IS NULL THEN
        INSERT INTO eventcore_event_tag (tag_key, position) VALUES (v_first, v_position);
    ELSIF v_more IS NULL THEN
        INSERT INTO eventcore_event_tag (tag_key, position) VALUES (v_first, v_position), (v_second, v_position);
    ELSE
        -- By a subquery the plan does not depend on how many they are, and is not made anew at every call.
        INSERT INTO eventcore_event_tag (tag_key, position)
        SELECT k, v_position FROM unnest((SELECT ARRAY[v_first, v_second] || v_more)) AS u(k);
    END IF;
    RETURN ARRAY[v_position, v_version + 1];
END
$$;

-- Appends as eventcore_append does, events that carry tags, or a decision that rests on a boundary.
--
-- p_row_ids are all rows that are written or relied on, tags first (so many as p_tags says), all sorted by the bytes of
-- their ids: whoever writes an event locks the rows of all its tags before it draws a position, so that along a tag
-- positions ascend in the order of commit. A row without events is a guard, FOR SHARE. A tag that nobody has used gets a
-- row of version 0 to be locked, as a stream that was relied on as absent.
--
-- p_tag_events and p_tag_rows stand side by side: this event carries the tag of this row.
--
-- Items of boundaries: the row that guards it, the version that the reader saw of that row, the place up to which the reader
-- saw its events (a position for a tag, a version for a stream), types and other tags as in eventcore_boundary_moved. If the
-- row has moved on, that is a conflict, unless its events since then are at most 1,000 and none of them is one that the
-- item asks for. The look is never before all rows are locked.
--
-- outcome: 0 written; 1 conflict at a row, with its version, and with the number of the item if it is one of a boundary,
-- nothing changed; 2 the same events are stored already.
CREATE OR REPLACE FUNCTION eventcore_append_tagged(
    p_row_ids       text[],
    p_tags          integer,
    p_expected      bigint[],
    p_counts        integer[],
    p_event_rows    integer[],
    p_event_offsets integer[],
    p_event_ids     text[],
    p_types         text[],
    p_payloads      text[],
    p_own_metadata  text[],
    p_tag_events    integer[],
    p_tag_rows      integer[],
    p_item_rows     integer[],
    p_item_versions bigint[],
    p_item_after    bigint[],
    p_type_items    integer[],
    p_type_names    text[],
    p_rest_items    integer[],
    p_rest_tags     text[],
    p_metadata      text,
    p_joined        boolean,
    p_waits         boolean,
    OUT outcome          integer,
    OUT conflict_row     integer,
    OUT conflict_item    integer,
    OUT conflict_version bigint,
    OUT base_versions    bigint[],
    OUT positions        bigint[]
) LANGUAGE plpgsql
-- For arrays of different lengths the server would plan anew at every call.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_keys     bigint[];
    v_key      bigint;
    v_version  bigint;
    v_counted  integer := 0;
    v_moved    integer[];
    v_grown    bigint;
    v_found    bigint[];
    v_events   integer := cardinality(p_event_ids);
BEGIN
    IF NOT p_waits THEN
        PERFORM set_config('lock_timeout', '20ms', true);
    END IF;
    outcome := 0;
    FOR i IN 1 .. cardinality(p_row_ids) LOOP
        v_key := NULL;
        v_version := NULL;
        IF p_counts[i] = 0 THEN
            -- Until a row is held: one that was met by the insert may be gone before it is locked.
            LOOP
                SELECT stream_key, version INTO v_key, v_version
                FROM eventcore_stream WHERE stream_id = p_row_ids[i] FOR SHARE;
                EXIT WHEN v_key IS NOT NULL OR (i > p_tags AND p_expected[i] NOT IN (0, -1));
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_row_ids[i], 0)
                ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
                EXIT WHEN v_key IS NOT NULL;
            END LOOP;
            v_version := coalesce(v_version, 0);
        ELSIF i <= p_tags THEN
            -- Most tags are there: an insert that finds them would cost more than the update.
            LOOP
                UPDATE eventcore_stream SET version = version + p_counts[i] WHERE stream_id = p_row_ids[i]
                RETURNING stream_key, version - p_counts[i] INTO v_key, v_version;
                EXIT WHEN v_key IS NOT NULL;
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_row_ids[i], p_counts[i])
                ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
                EXIT WHEN v_key IS NOT NULL;
            END LOOP;
        ELSE
            IF p_expected[i] IN (0, -1) THEN
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_row_ids[i], p_counts[i])
                ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
            END IF;
            IF v_key IS NULL THEN
                UPDATE eventcore_stream SET version = version + p_counts[i]
                WHERE stream_id = p_row_ids[i]
                  AND (version = p_expected[i] OR p_expected[i] = -1 OR (p_expected[i] = -2 AND version > 0))
                RETURNING stream_key, version - p_counts[i] INTO v_key, v_version;
            END IF;
        END IF;
        v_keys[i] := v_key;
        base_versions[i] := v_version;
        IF i > p_tags AND (CASE WHEN p_counts[i] > 0 THEN v_key IS NULL
                                ELSE NOT (v_version = p_expected[i] OR p_expected[i] = -1
                                          OR (p_expected[i] = -2 AND v_version > 0)) END) THEN
            conflict_row := i;
            EXIT;
        END IF;
        v_counted := i;
    END LOOP;

    IF conflict_row IS NULL THEN
        FOR j IN 1 .. cardinality(p_item_rows) LOOP
            v_grown := base_versions[p_item_rows[j]] - p_item_versions[j];
            CONTINUE WHEN v_grown = 0;
            IF v_grown BETWEEN 1 AND 1000 AND (j = ANY (p_type_items) OR j = ANY (p_rest_items)) THEN
                v_moved := v_moved || j;
            ELSE
                conflict_item := j;
                EXIT;
            END IF;
        END LOOP;
        IF v_moved IS NOT NULL THEN
            -- Those before the first that needs no look come first.
            conflict_item := coalesce(eventcore_boundary_moved(
                v_moved,
                ARRAY(SELECT v_keys[p_item_rows[m]] FROM unnest(v_moved) WITH ORDINALITY AS u(m, o) ORDER BY o),
                ARRAY(SELECT p_item_rows[m] <= p_tags FROM unnest(v_moved) WITH ORDINALITY AS u(m, o) ORDER BY o),
                ARRAY(SELECT base_versions[p_item_rows[m]] - p_item_versions[m]
                      FROM unnest(v_moved) WITH ORDINALITY AS u(m, o) ORDER BY o),
                ARRAY(SELECT p_item_after[m] FROM unnest(v_moved) WITH ORDINALITY AS u(m, o) ORDER BY o),
                p_type_items, p_type_names, p_rest_items, p_rest_tags), conflict_item);
        END IF;
        IF conflict_item IS NOT NULL THEN
            conflict_row := p_item_rows[conflict_item];
        END IF;
    END IF;

    IF conflict_row IS NOT NULL THEN
        FOR i IN 1 .. v_counted LOOP
            IF p_counts[i] > 0 THEN
                UPDATE eventcore_stream SET version = base_versions[i] WHERE stream_key = v_keys[i];
            END IF;
        END LOOP;
        IF v_events > 0 AND 0 <= ALL (SELECT u.e FROM unnest(p_expected, p_counts) WITH ORDINALITY AS u(e, c, o)
                                      WHERE u.c > 0 AND u.o > p_tags) THEN
            positions := eventcore_stored_positions(
                ARRAY(SELECT p_row_ids[r] FROM unnest(p_event_rows) WITH ORDINALITY AS u(r, o) ORDER BY o),
                ARRAY(SELECT p_expected[r] + f
                      FROM unnest(p_event_rows, p_event_offsets) WITH ORDINALITY AS u(r, f, o) ORDER BY o),
                p_event_ids);
            IF positions IS NOT NULL THEN
                outcome := 2;
                base_versions := p_expected;
                RETURN;
            END IF;
        ELSIF v_events > 0 AND cardinality(p_item_rows) > 0 THEN
            -- A position drawn by a decision is beyond all that the decision saw.
            SELECT f.positions, f.versions INTO positions, v_found
            FROM eventcore_tagged_positions(
                ARRAY(SELECT (SELECT stream_key FROM eventcore_stream WHERE stream_id = p_row_ids[r])
                      FROM unnest(p_event_rows) WITH ORDINALITY AS u(r, o) ORDER BY o),
                p_event_ids,
                ARRAY(SELECT (SELECT s.stream_key FROM unnest(p_tag_events, p_tag_rows) AS t(e, r)
                              JOIN eventcore_stream s ON s.stream_id = p_row_ids[t.r]
                              WHERE t.e = u.o
                              ORDER BY t.r = ANY (p_item_rows) DESC, t.r LIMIT 1)
                      FROM unnest(p_event_ids) WITH ORDINALITY AS u(id, o) ORDER BY o),
                (SELECT coalesce(max(a), 0) FROM unnest(p_item_rows, p_item_after) AS u(r, a) WHERE r <= p_tags)) AS f;
            IF positions IS NOT NULL THEN
                outcome := 2;
                FOR i IN 1 .. v_events LOOP
                    base_versions[p_event_rows[i]] := v_found[i] - p_event_offsets[i];
                END LOOP;
                RETURN;
            END IF;
        END IF;
        outcome := 1;
        IF conflict_item IS NOT NULL THEN
            conflict_version := base_versions[conflict_row];
        ELSIF current_setting('transaction_isolation') = 'read committed' THEN
            SELECT version INTO conflict_version FROM eventcore_stream WHERE stream_id = p_row_ids[conflict_row];
        ELSE
            -- The snapshot of this transaction may be older than what the caller knows: a lock fails then (40001), and so
            -- does the insert of a row that is there already but not in the snapshot.
            SELECT version INTO conflict_version FROM eventcore_stream
            WHERE stream_id = p_row_ids[conflict_row] FOR SHARE;
            IF conflict_version IS NULL THEN
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_row_ids[conflict_row], 0)
                ON CONFLICT DO NOTHING;
            END IF;
        END IF;
        conflict_version := coalesce(conflict_version, 0);
        RETURN;
    END IF;

    IF v_events = 0 THEN
        RETURN;
    END IF;

    IF p_joined THEN
        PERFORM eventcore_announce_once();
    ELSE
        PERFORM pg_advisory_xact_lock_shared(eventcore_announcement());
    END IF;
    IF v_events <= 3 THEN
        -- One set-based statement costs as much as a few simple ones.
        FOR i IN 1 .. v_events LOOP
            INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
            VALUES (nextval('eventcore_position'), v_keys[p_event_rows[i]], clock_timestamp(), p_event_ids[i]::uuid,
                    base_versions[p_event_rows[i]] + p_event_offsets[i], p_types[i], p_payloads[i]::json,
                    coalesce(p_own_metadata[i], p_metadata)::json)
            RETURNING position INTO v_key;
            positions[i] := v_key;
        END LOOP;
    ELSE
        WITH inserted AS (
            INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
            SELECT nextval('eventcore_position'), v_keys[u.r], clock_timestamp(), u.event_id::uuid,
                   base_versions[u.r] + u.event_offset, u.type, u.payload::json,
                   coalesce(u.own_metadata, p_metadata)::json
            FROM (
                SELECT * FROM unnest(p_event_rows, p_event_offsets, p_event_ids, p_types, p_payloads, p_own_metadata)
                    WITH ORDINALITY AS e(r, event_offset, event_id, type, payload, own_metadata, o)
                ORDER BY e.o
            ) u
            RETURNING position
        )
        SELECT array_agg(position ORDER BY position) INTO positions FROM inserted;
    END IF;
    IF cardinality(p_tag_events) <= 3 THEN
        FOR i IN 1 .. cardinality(p_tag_events) LOOP
            INSERT INTO eventcore_event_tag (tag_key, position)
            VALUES (v_keys[p_tag_rows[i]], positions[p_tag_events[i]]);
        END LOOP;
    ELSE
        INSERT INTO eventcore_event_tag (tag_key, position)
        SELECT v_keys[u.r], positions[u.e] FROM unnest(p_tag_rows, p_tag_events) AS u(r, e);
    END IF;
END
$$;

-- Appends many appends of different callers in one transaction, as eventcore_append_batch does, some of which carry tags or
-- rest on boundaries.
--
-- Rows stand as there, tags first. A tag that an append of the batch relies on stands once for each append that writes it or
-- relies on it, and as with streams nothing else in the batch writes it then. A tag that appends write and none relies on is
-- shared: one row for all of them, with append number 0 and the number of all their events.
--
-- Order: create what is missing, lock what is free, judge append by append, and only then, when it is known which events are
-- written, move the versions of shared tags, draw positions and insert. A shared tag that another transaction has locked
-- makes every append busy that carries it. conflict_items as in eventcore_append_tagged, 0 for none.
CREATE OR REPLACE FUNCTION eventcore_append_batch_tagged(
    p_row_ids       text[],
    p_tags          integer,
    p_expected      bigint[],
    p_counts        integer[],
    p_event_rows    integer[],
    p_event_offsets integer[],
    p_event_ids     text[],
    p_types         text[],
    p_payloads      text[],
    p_own_metadata  text[],
    p_tag_events    integer[],
    p_tag_rows      integer[],
    p_item_rows     integer[],
    p_item_versions bigint[],
    p_item_after    bigint[],
    p_type_items    integer[],
    p_type_names    text[],
    p_rest_items    integer[],
    p_rest_tags     text[],
    p_appends       integer[],
    p_metadata      text[],
    p_one_by_one    boolean,
    OUT outcomes          integer[],
    OUT conflict_rows     integer[],
    OUT conflict_items    integer[],
    OUT conflict_versions bigint[],
    OUT base_versions     bigint[],
    OUT positions         bigint[]
) LANGUAGE plpgsql
-- Plans are kept, and one made while a table was small must not scan it when it has grown.
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
SET lock_timeout = '20ms'
AS $$
DECLARE
    v_created  bigint[];
    v_wanted   integer;
    v_inserted bigint[];
    v_keys     bigint[];
    v_old      bigint[];
    v_counts   integer[] := p_counts;
    v_refused  boolean;
    v_append   integer;
    v_version  bigint;
    v_grown    bigint;
    v_item     integer;
    v_ids      text[];
    v_versions bigint[];
    v_event_ids text[];
    v_streams  bigint[];
    v_carried  bigint[];
    v_found    bigint[];
    v_first    integer;
    v_written  bigint[];
    v_next     integer;
BEGIN
    outcomes := array_fill(0, ARRAY[cardinality(p_metadata)]);

    -- Keys are drawn first, so that those of the rows that came into being tell which rows they are.
    IF 0 = ANY (p_expected) OR -1 = ANY (p_expected) THEN
        -- Most tags are there, and a key that is drawn is lost.
        SELECT array_agg(CASE WHEN u.e IN (0, -1) AND (u.o > p_tags OR s.stream_key IS NULL)
                              THEN nextval('eventcore_stream_stream_key_seq') END ORDER BY u.o)
        INTO v_created
        FROM unnest(p_expected, p_row_ids) WITH ORDINALITY AS u(e, id, o)
        LEFT JOIN LATERAL (
            SELECT stream_key FROM eventcore_stream WHERE u.o <= p_tags AND stream_id = u.id
        ) s ON true;
        v_wanted := cardinality(array_remove(v_created, NULL));
        IF p_one_by_one THEN
            PERFORM set_config('lock_timeout', '2ms', true);
            FOR i IN 1 .. cardinality(p_row_ids) LOOP
                CONTINUE WHEN v_created[i] IS NULL
                    OR EXISTS (SELECT FROM eventcore_stream WHERE stream_id = p_row_ids[i]);
                BEGIN
                    INSERT INTO eventcore_stream (stream_key, stream_id, version) OVERRIDING SYSTEM VALUE
                    VALUES (v_created[i], p_row_ids[i], p_counts[i])
                    ON CONFLICT DO NOTHING;
                    IF FOUND THEN
                        v_inserted := v_inserted || v_created[i];
                    END IF;
                EXCEPTION WHEN lock_not_available THEN
                    -- Not inserted and not to be seen: its append will be told that the row is busy.
                    NULL;
                END;
            END LOOP;
        ELSIF v_wanted > 0 THEN
            WITH inserted AS (
                INSERT INTO eventcore_stream (stream_key, stream_id, version) OVERRIDING SYSTEM VALUE
                SELECT u.k, u.id, u.c
                FROM unnest(v_created, p_row_ids, p_counts) WITH ORDINALITY AS u(k, id, c, o)
                WHERE u.k IS NOT NULL
                  AND (SELECT s.stream_key FROM eventcore_stream s WHERE s.stream_id = u.id) IS NULL
                ORDER BY u.o
                ON CONFLICT DO NOTHING RETURNING stream_key
            )
            SELECT array_agg(stream_key) INTO v_inserted FROM inserted;
        END IF;
        v_created := ARRAY(
            SELECT CASE WHEN u.k = ANY (v_inserted) AND u.c > 0 THEN u.k END
            FROM unnest(v_created, p_counts) WITH ORDINALITY AS u(k, c, o) ORDER BY u.o);
    ELSE
        v_created := array_fill(NULL::bigint, ARRAY[cardinality(p_row_ids)]);
    END IF;

    SELECT array_agg(coalesce(u.k, s.stream_key) ORDER BY u.o),
           array_agg(CASE WHEN u.k IS NULL THEN s.version ELSE 0 END ORDER BY u.o),
           array_agg(s.stream_key)
    INTO v_keys, base_versions, v_old
    FROM unnest(p_row_ids, p_counts, v_created) WITH ORDINALITY AS u(id, c, k, o)
    LEFT JOIN LATERAL (
        SELECT stream_key, version FROM eventcore_stream
        WHERE u.k IS NULL AND u.c > 0 AND stream_id = u.id FOR NO KEY UPDATE SKIP LOCKED
    ) s ON true;
    IF 0 = ANY (p_counts) THEN
        SELECT array_agg(coalesce(u.k, s.stream_key) ORDER BY u.o), array_agg(coalesce(u.b, s.version) ORDER BY u.o)
        INTO v_keys, base_versions
        FROM unnest(p_row_ids, p_counts, v_keys, base_versions) WITH ORDINALITY AS u(id, c, k, b, o)
        LEFT JOIN LATERAL (
            SELECT stream_key, version FROM eventcore_stream WHERE u.c = 0 AND stream_id = u.id FOR SHARE SKIP LOCKED
        ) s ON true;
    END IF;
    SELECT bool_or((u.b = u.e OR u.b IS NOT NULL AND (u.e = -1 OR (u.e = -2 AND u.b > 0))) IS NOT TRUE)
    INTO v_refused
    FROM unnest(p_expected, base_versions) AS u(e, b);
    v_refused := v_refused OR EXISTS (
        SELECT FROM unnest(p_item_rows, p_item_versions) AS u(r, v) WHERE base_versions[u.r] IS DISTINCT FROM u.v);

    IF v_refused THEN
        conflict_rows := outcomes;
        conflict_items := outcomes;
        conflict_versions := array_fill(0::bigint, ARRAY[cardinality(p_metadata)]);
        FOR i IN 1 .. cardinality(p_row_ids) LOOP
            v_append := p_appends[i];
            v_version := base_versions[i];
            IF v_append = 0 THEN
                IF v_version IS NULL THEN
                    FOR j IN 1 .. cardinality(p_tag_rows) LOOP
                        IF p_tag_rows[j] = i AND outcomes[p_appends[p_event_rows[p_tag_events[j]]]] = 0 THEN
                            v_append := p_appends[p_event_rows[p_tag_events[j]]];
                            outcomes[v_append] := 3;
                            conflict_rows[v_append] := i;
                        END IF;
                    END LOOP;
                END IF;
                CONTINUE;
            END IF;
            CONTINUE WHEN outcomes[v_append] <> 0
                OR v_version = p_expected[i]
                OR (v_version IS NOT NULL AND (p_expected[i] = -1 OR (p_expected[i] = -2 AND v_version > 0)));
            outcomes[v_append] := 1;
            IF v_version IS NULL THEN
                -- Locked by another transaction, or not there: what is committed tells.
                SELECT version INTO v_version FROM eventcore_stream WHERE stream_id = p_row_ids[i];
                v_version := coalesce(v_version, 0);
                IF v_version = p_expected[i] OR p_expected[i] = -1 OR (p_expected[i] = -2 AND v_version > 0) THEN
                    outcomes[v_append] := 3;
                END IF;
            END IF;
            conflict_rows[v_append] := i;
            conflict_versions[v_append] := v_version;
        END LOOP;
        FOR j IN 1 .. cardinality(p_item_rows) LOOP
            v_append := p_appends[p_item_rows[j]];
            v_version := base_versions[p_item_rows[j]];
            v_grown := v_version - p_item_versions[j];
            CONTINUE WHEN outcomes[v_append] <> 0 OR v_grown = 0;
            v_item := j;
            IF v_grown BETWEEN 1 AND 1000 AND (j = ANY (p_type_items) OR j = ANY (p_rest_items)) THEN
                v_item := eventcore_boundary_moved(
                    ARRAY[j], ARRAY[v_keys[p_item_rows[j]]], ARRAY[p_item_rows[j] <= p_tags], ARRAY[v_grown],
                    ARRAY[p_item_after[j]], p_type_items, p_type_names, p_rest_items, p_rest_tags);
            END IF;
            IF v_item IS NOT NULL THEN
                outcomes[v_append] := 1;
                conflict_rows[v_append] := p_item_rows[j];
                conflict_items[v_append] := j;
                conflict_versions[v_append] := v_version;
            END IF;
        END LOOP;
        -- A shared tag counts what is written.
        v_counts := ARRAY(
            SELECT CASE WHEN u.a > 0 THEN u.c ELSE (
                SELECT count(*)::integer FROM unnest(p_tag_rows, p_tag_events) AS t(r, e)
                WHERE t.r = u.o AND outcomes[p_appends[p_event_rows[t.e]]] = 0) END
            FROM unnest(p_appends, p_counts) WITH ORDINALITY AS u(a, c, o) ORDER BY u.o);
        FOR i IN 1 .. cardinality(p_row_ids) LOOP
            IF v_created[i] IS NOT NULL THEN
                v_next := CASE WHEN p_appends[i] = 0 THEN v_counts[i]
                               WHEN outcomes[p_appends[i]] = 0 THEN p_counts[i] ELSE 0 END;
                IF v_next <> p_counts[i] THEN
                    UPDATE eventcore_stream SET version = v_next WHERE stream_key = v_created[i];
                END IF;
            END IF;
        END LOOP;
        v_old := ARRAY(
            SELECT u.k FROM unnest(v_keys, v_created, p_appends, p_counts) AS u(k, c, a, n)
            WHERE u.k IS NOT NULL AND u.c IS NULL AND u.n > 0 AND (u.a = 0 OR outcomes[u.a] = 0));
        base_versions := ARRAY(
            SELECT coalesce(u.b, 0) FROM unnest(base_versions) WITH ORDINALITY AS u(b, o) ORDER BY u.o);
    END IF;

    UPDATE eventcore_stream SET version = version + v_counts[array_position(v_keys, stream_key)]
    WHERE stream_key = ANY (v_old);

    PERFORM pg_advisory_xact_lock_shared(eventcore_announcement());
    WITH inserted AS (
        INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
        SELECT nextval('eventcore_position'), v_keys[u.r], clock_timestamp(), u.event_id::uuid,
               base_versions[u.r] + u.event_offset, u.type, u.payload::json,
               coalesce(u.own_metadata, p_metadata[p_appends[u.r]])::json
        FROM (
            SELECT * FROM unnest(p_event_rows, p_event_offsets, p_event_ids, p_types, p_payloads, p_own_metadata)
                WITH ORDINALITY AS e(r, event_offset, event_id, type, payload, own_metadata, o)
            WHERE NOT v_refused OR outcomes[p_appends[e.r]] = 0
            ORDER BY e.o
        ) u
        RETURNING position
    )
    SELECT array_agg(position ORDER BY position) INTO positions FROM inserted;

    IF NOT v_refused THEN
        INSERT INTO eventcore_event_tag (tag_key, position)
        SELECT v_keys[u.r], positions[u.e] FROM unnest(p_tag_rows, p_tag_events) AS u(r, e);
        RETURN;
    END IF;

    -- One position for each event, whether written or not.
    v_written := positions;
    v_next := 1;
    positions := array_fill(NULL::bigint, ARRAY[cardinality(p_event_ids)]);
    FOR i IN 1 .. cardinality(p_event_ids) LOOP
        IF outcomes[p_appends[p_event_rows[i]]] = 0 THEN
            positions[i] := v_written[v_next];
            v_next := v_next + 1;
        END IF;
    END LOOP;
    INSERT INTO eventcore_event_tag (tag_key, position)
    SELECT v_keys[u.r], positions[u.e] FROM unnest(p_tag_rows, p_tag_events) AS u(r, e)
    WHERE positions[u.e] IS NOT NULL;

    FOR i IN 1 .. cardinality(p_event_ids) LOOP
        v_append := p_appends[p_event_rows[i]];
        -- At the first event of a refused append: is all of it stored already?
        IF outcomes[v_append] = 1 AND (i = 1 OR v_append <> p_appends[p_event_rows[i - 1]]) THEN
            SELECT array_agg(p_row_ids[u.r] ORDER BY u.o), array_agg(p_expected[u.r] + u.f ORDER BY u.o),
                   array_agg(u.id ORDER BY u.o), min(p_expected[u.r]),
                   array_agg((SELECT stream_key FROM eventcore_stream WHERE stream_id = p_row_ids[u.r]) ORDER BY u.o),
                   array_agg((SELECT s.stream_key FROM unnest(p_tag_events, p_tag_rows) AS t(e, r)
                              JOIN eventcore_stream s ON s.stream_id = p_row_ids[t.r]
                              WHERE t.e = u.o
                              ORDER BY t.r = ANY (p_item_rows) DESC, t.r LIMIT 1) ORDER BY u.o)
            INTO v_ids, v_versions, v_event_ids, v_version, v_streams, v_carried
            FROM unnest(p_event_rows, p_event_offsets, p_event_ids) WITH ORDINALITY AS u(r, f, id, o)
            WHERE p_appends[u.r] = v_append;
            v_found := NULL;
            IF v_version >= 0 THEN
                v_found := eventcore_stored_positions(v_ids, v_versions, v_event_ids);
            ELSIF v_append = ANY (ARRAY(SELECT p_appends[u.r] FROM unnest(p_item_rows) AS u(r))) THEN
                SELECT f.positions, f.versions INTO v_found, v_versions
                FROM eventcore_tagged_positions(v_streams, v_event_ids, v_carried,
                    (SELECT coalesce(max(u.a), 0) FROM unnest(p_item_rows, p_item_after) AS u(r, a)
                     WHERE p_appends[u.r] = v_append AND u.r <= p_tags)) AS f;
            END IF;
            IF v_found IS NOT NULL THEN
                outcomes[v_append] := 2;
                v_first := i;
            END IF;
        END IF;
        IF outcomes[v_append] = 2 THEN
            positions[i] := v_found[i - v_first + 1];
            base_versions[p_event_rows[i]] := v_versions[i - v_first + 1] - p_event_offsets[i];
        END IF;
    END LOOP;
END
$$;

-- The next positions of events that carry both of two tags which many events carry: their entries are read side by side, in
-- the order of both, until so many are found. A planner that does not know how large these two are may look up each entry of
-- one in all of the other.
CREATE OR REPLACE FUNCTION eventcore_positions_of_both(
    p_tag_key   bigint,
    p_other_key bigint,
    p_after     bigint,
    p_up_to     bigint,
    p_limit     integer
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE ROWS 1000
SET enable_nestloop = off
SET enable_hashjoin = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT t.position
    FROM eventcore_event_tag t
    JOIN eventcore_event_tag o ON o.position = t.position
    WHERE t.tag_key = p_tag_key AND t.position > p_after AND t.position <= p_up_to
      AND o.tag_key = p_other_key AND o.position > p_after AND o.position <= p_up_to
    ORDER BY t.position
    LIMIT p_limit;
END
$$;

-- As the functions that write appends: with the rights of the owner, whose names mean the catalogue and this schema. Until
-- roles-postgresql.sql or 002-tags-roles-postgresql.sql grants them to a role, only the owner may call them.
DO $$
DECLARE
    v_schema   regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = 'eventcore_event'::regclass);
    v_function regproc;
BEGIN
    FOREACH v_function IN ARRAY
            ARRAY['eventcore_append_tagged_event', 'eventcore_append_tagged', 'eventcore_append_batch_tagged']::regproc[] LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, %s, pg_temp',
                       v_function, v_schema);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
    END LOOP;
    EXECUTE format('ALTER FUNCTION eventcore_positions_of_both SET search_path = pg_catalog, %s, pg_temp', v_schema);
END
$$;

UPDATE eventcore_settings SET schema_version = 2 WHERE id = 1 AND schema_version = 1;
