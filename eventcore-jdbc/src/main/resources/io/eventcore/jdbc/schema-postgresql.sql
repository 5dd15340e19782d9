-- The eventcore schema for PostgreSQL 14 and later, version 1.
--
-- Run it as the owner of the tables, as one statement or with psql, Flyway or Liquibase (splitStatements: false). It may
-- run again: what is there stays. A released version of this file is never edited; changes come as numbered scripts.

-- Two applications that start together must not create the same table at the same time.
SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

-- One row: what a store must know before it may take part. A store that finds another strategy refuses to start, because
-- writers that order events in different ways would let readers miss some. So does one that does not know the version in
-- compatible_from: later scripts raise it only if what they change must be kept up by all who write.
CREATE TABLE IF NOT EXISTS eventcore_settings (
    id              smallint PRIMARY KEY CHECK (id = 1),
    schema_version  integer  NOT NULL,
    compatible_from integer  NOT NULL,
    order_strategy  text     NOT NULL
);
INSERT INTO eventcore_settings (id, schema_version, compatible_from, order_strategy)
VALUES (1, 1, 1, 'in-flight-lock')
ON CONFLICT DO NOTHING;

-- One row for each stream that an append wrote or relied on. Its row lock is what makes the version check exact. A row
-- of version 0 stands for a stream that does not exist: an append relied on its absence. No check constraint: the server
-- would parse its text anew for every append.
CREATE TABLE IF NOT EXISTS eventcore_stream (
    stream_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id  text COLLATE "C" NOT NULL UNIQUE,
    version    bigint NOT NULL
) WITH (fillfactor = 80);

-- The log. A position is drawn from the sequence by the append functions only, after they announced themselves.
CREATE TABLE IF NOT EXISTS eventcore_event (
    position    bigint      PRIMARY KEY,
    stream_key  bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    event_id    uuid        NOT NULL,
    version     integer     NOT NULL,
    type        text        NOT NULL,
    payload     json        NOT NULL,
    metadata    json,
    -- The backstop of the version check, never its mechanism; also the index by which a stream is read.
    UNIQUE (stream_key, version)
    -- No foreign key to the stream: it would lock the stream's row once more for every event.
);

-- Large payloads are compressed by lz4 where the server was built with it: faster than the default, as small.
DO $$
BEGIN
    ALTER TABLE eventcore_event ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

-- CACHE 1, and called once, so that a position is always greater than the value of the sequence before it was drawn. No
-- greater one than fits the key of an announcement. An import that has not ended has set it back to never called, so that
-- none can append: it stays so. The row of settings is locked first, to see what an import that begins at this moment says.
CREATE SEQUENCE IF NOT EXISTS eventcore_position MAXVALUE 281474976710655 CACHE 1 NO CYCLE;
SELECT id FROM eventcore_settings FOR UPDATE;
SELECT setval('eventcore_position', 1, true)
WHERE pg_sequence_last_value('eventcore_position') IS NULL
  AND NOT EXISTS (SELECT FROM eventcore_settings WHERE order_strategy = 'unfinished-import')
  AND NOT EXISTS (SELECT FROM eventcore_event);

-- The log is append-only for everybody, for replicas and for TRUNCATE too.
CREATE OR REPLACE FUNCTION eventcore_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are immutable: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON eventcore_event
    FOR EACH ROW EXECUTE FUNCTION eventcore_refuse_change();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON eventcore_event
    FOR EACH STATEMENT EXECUTE FUNCTION eventcore_refuse_change();
ALTER TABLE eventcore_event ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE eventcore_event ENABLE ALWAYS TRIGGER refuse_truncate;

-- One row for each command that was executed under an id, written in the transaction that appends its events: a
-- repetition finds it, and one at the same time waits for it. Holds no payload, only a hash of the command and the ids,
-- versions and positions of its events; result is null only until that transaction has appended. Rows may be deleted
-- when no sender repeats so old a command any more: delete-old-commands-postgresql.sql.
CREATE TABLE IF NOT EXISTS eventcore_command (
    scope       text COLLATE "C" NOT NULL,
    command_id  text COLLATE "C" NOT NULL,
    fingerprint text        NOT NULL,
    result      json,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (scope, command_id)
    -- No index on the time: the nightly deletion may read it all, an execution should not pay for it.
);

-- The stored states of commands, one for each class and inputs: shortcuts that may be deleted at any time. key is a hash.
-- What orders two snapshots of one key stands in columns of its own, so that a save never replaces one that is ahead.
CREATE TABLE IF NOT EXISTS eventcore_snapshot (
    snapshot_key  text        PRIMARY KEY,
    command_type  text        NOT NULL,
    state_version integer     NOT NULL,
    position      bigint      NOT NULL,
    events        bigint      NOT NULL,
    versions      text        NOT NULL,
    state         text        NOT NULL,
    saved_at      timestamptz NOT NULL
);

-- The keys under which personal data in events is sealed, one for each subject, wrapped by a master key of the application.
-- subject is a hash. The row of an erased subject stays, without its key: no other key is made for it. Whoever loses this
-- table loses the personal data of all subjects; back it up apart from the events.
CREATE TABLE IF NOT EXISTS eventcore_subject_key (
    subject     text COLLATE "C" PRIMARY KEY,
    key_id      text COLLATE "C" NOT NULL UNIQUE,
    master_key  text,
    wrapped_key text,
    created_at  timestamptz NOT NULL,
    erased_at   timestamptz
);

-- A number for these tables, from 1 to 32766, that tells their advisory locks from those of other stores and, as well as
-- 16 bits can, of other applications. Made from the table's oid, so that it needs no configuration.
CREATE OR REPLACE FUNCTION eventcore_lock_space() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT 'eventcore_event'::regclass::oid::bigint % 32766 + 1 $$;

CREATE OR REPLACE FUNCTION eventcore_refuse_restarted_sequence() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sequence eventcore_position was restarted: set it to the highest position in the log'
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

-- Makes the commit of this transaction wait until it is durable, where a setting says otherwise: a reader sees what is
-- committed, and must not have seen what a crash takes back. Always 0. A rollback to a savepoint undoes it, and what was
-- appended with it.
CREATE OR REPLACE FUNCTION eventcore_commit_lasts() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
                     AND set_config('synchronous_commit', 'on', true) IS NULL THEN 1 ELSE 0 END::bigint
$$;

-- The key of the lock by which a transaction announces that it is about to draw positions: the number of these tables,
-- and the last position drawn so far. Every position that the transaction draws is greater. No transaction ever waits for
-- the lock, since all who take it share it. Readers look for such locks and do not pass the lowest (eventcore_in_flight).
CREATE OR REPLACE FUNCTION eventcore_announcement() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (eventcore_lock_space() << 48)
        | coalesce(pg_sequence_last_value('eventcore_position'), eventcore_refuse_restarted_sequence())
        | eventcore_commit_lasts()
$$;

-- Announces an append in the transaction of a caller. Once in a transaction is enough, and a transaction of ten thousand
-- appends must not fill the lock table, so a setting local to the transaction remembers it; like the lock, it goes away
-- with a rollback to a savepoint. It is named by the oid: two stores may share a number, and each has positions of its
-- own to announce.
CREATE OR REPLACE FUNCTION eventcore_announce_once() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_setting constant text := 'eventcore.announced_' || 'eventcore_event'::regclass::oid;
BEGIN
    IF current_setting(v_setting, true) IS DISTINCT FROM 'yes' THEN
        PERFORM pg_advisory_xact_lock_shared(eventcore_announcement());
        PERFORM set_config(v_setting, 'yes', true);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION eventcore_refuse_standby() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a standby does not know which appends are in flight: read the log on the primary'
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

-- The lowest position that an append in flight has announced; null if there is none.
CREATE OR REPLACE FUNCTION eventcore_in_flight() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN pg_is_in_recovery() THEN eventcore_refuse_standby()
                ELSE min(((classid::bigint & 65535) << 32) | objid::bigint) END
    FROM pg_locks
    WHERE locktype = 'advisory'
      AND objsubid = 1
      AND mode = 'ShareLock'
      AND granted
      AND classid::bigint >> 16 = eventcore_lock_space()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;

-- The positions of events that are stored in exactly these places under exactly these ids; null unless all are.
CREATE OR REPLACE FUNCTION eventcore_stored_positions(
    p_stream_ids text[],
    p_versions   bigint[],
    p_event_ids  text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_positions bigint[];
BEGIN
    SELECT array_agg(e.position ORDER BY u.o)
    INTO v_positions
    FROM unnest(p_stream_ids, p_versions, p_event_ids) WITH ORDINALITY AS u(stream_id, version, event_id, o)
    JOIN eventcore_stream s ON s.stream_id = u.stream_id
    JOIN eventcore_event e
        ON e.stream_key = s.stream_key AND e.version = u.version AND e.event_id = u.event_id::uuid;
    RETURN CASE WHEN cardinality(v_positions) = cardinality(p_event_ids) THEN v_positions END;
END
$$;

-- Locks the row of a stream until the transaction ends and creates it if need be: by this a store waits for a session
-- that may still be at work on the stream, after its own connection was lost.
CREATE OR REPLACE FUNCTION eventcore_lock_stream(p_stream_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_id, 0) ON CONFLICT DO NOTHING;
    PERFORM FROM eventcore_stream WHERE stream_id = p_stream_id FOR UPDATE;
END
$$;

-- Appends one event to one stream in a transaction of its own: what most appends are, as few statements as can be.
--
-- One statement locks or creates the stream, then announces, then draws the position: each part needs the row that the
-- one before it returned. Returns the position, or null if the stream is not in the version expected; why not, and
-- whether the event is stored already, eventcore_append finds out. Without p_waits it fails (55P03) where it would have
-- to wait for another transaction.
CREATE OR REPLACE FUNCTION eventcore_append_event(
    p_stream_id text,
    p_expected  bigint,
    p_event_id  text,
    p_type      text,
    p_payload   text,
    p_metadata  text,
    p_waits     boolean
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_position bigint;
BEGIN
    IF NOT p_waits THEN
        PERFORM set_config('lock_timeout', '20ms', true);
    END IF;
    IF p_expected = 0 THEN
        WITH stream AS (
            INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_id, 1)
            ON CONFLICT DO NOTHING RETURNING stream_key
        ), announced AS MATERIALIZED (
            SELECT stream_key, pg_advisory_xact_lock_shared(eventcore_announcement())::text AS done FROM stream
        )
        INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
        SELECT CASE WHEN done IS NOT NULL THEN nextval('eventcore_position') END, stream_key, clock_timestamp(),
               p_event_id::uuid, 1, p_type, p_payload::json, p_metadata::json
        FROM announced
        RETURNING position INTO v_position;
    ELSE
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
    END IF;
    RETURN v_position;
END
$$;

-- Appends, or says why not. One ordered pass locks each stream, or creates it, and checks it; then the events go in.
--
-- Streams come sorted by the bytes of their ids, so that no two appends ever wait for each other in a circle. An
-- expected version of 0 or more is exact; -1 accepts any; -2 any existing stream. A stream without events is a guard:
-- FOR SHARE keeps it from changing until this transaction ends and lets others rely on it at the same time.
--
-- p_own_metadata is empty, or has for each event what it is stored with instead of p_metadata, null for p_metadata.
--
-- outcome: 0 written; 1 conflict, with the number of the stream and its version, nothing changed; 2 the same events are
-- stored already, with their positions. Without p_waits it fails (55P03) where it would have to wait for another
-- transaction; p_joined says that the transaction is a caller's.
CREATE OR REPLACE FUNCTION eventcore_append(
    p_stream_ids    text[],
    p_expected      bigint[],
    p_counts        integer[],
    p_event_streams integer[],
    p_event_offsets integer[],
    p_event_ids     text[],
    p_types         text[],
    p_payloads      text[],
    p_metadata      text,
    p_joined        boolean,
    p_waits         boolean,
    p_own_metadata  text[],
    OUT outcome         integer,
    OUT conflict_stream integer,
    OUT conflict_version bigint,
    OUT base_versions   bigint[],
    OUT positions       bigint[]
) LANGUAGE plpgsql
-- For arrays of different lengths the server would plan anew at every call.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_keys    bigint[];
    v_key     bigint;
    v_version bigint;
    v_events  integer := cardinality(p_event_ids);
BEGIN
    IF NOT p_waits THEN
        PERFORM set_config('lock_timeout', '20ms', true);
    END IF;
    outcome := 0;
    FOR i IN 1 .. cardinality(p_stream_ids) LOOP
        v_key := NULL;
        v_version := NULL;
        IF p_counts[i] = 0 THEN
            SELECT version INTO v_version FROM eventcore_stream WHERE stream_id = p_stream_ids[i] FOR SHARE;
            IF v_version IS NULL AND p_expected[i] = 0 THEN
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_ids[i], 0) ON CONFLICT DO NOTHING;
                SELECT version INTO v_version FROM eventcore_stream WHERE stream_id = p_stream_ids[i] FOR SHARE;
            END IF;
            v_version := coalesce(v_version, 0);
            IF v_version = p_expected[i] OR (p_expected[i] = -2 AND v_version > 0) THEN
                base_versions[i] := v_version;
                CONTINUE;
            END IF;
        ELSE
            IF p_expected[i] IN (0, -1) THEN
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_ids[i], p_counts[i])
                ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
            END IF;
            IF v_key IS NULL THEN
                UPDATE eventcore_stream SET version = version + p_counts[i]
                WHERE stream_id = p_stream_ids[i]
                  AND (version = p_expected[i] OR p_expected[i] = -1 OR (p_expected[i] = -2 AND version > 0))
                RETURNING stream_key, version - p_counts[i] INTO v_key, v_version;
            END IF;
            IF v_key IS NOT NULL THEN
                v_keys[i] := v_key;
                base_versions[i] := v_version;
                CONTINUE;
            END IF;
        END IF;
        conflict_stream := i;
        EXIT;
    END LOOP;

    IF conflict_stream IS NOT NULL THEN
        FOR i IN 1 .. conflict_stream - 1 LOOP
            IF p_counts[i] > 0 THEN
                UPDATE eventcore_stream SET version = base_versions[i] WHERE stream_key = v_keys[i];
            END IF;
        END LOOP;
        IF v_events > 0 AND 0 <= ALL (SELECT u.e FROM unnest(p_expected, p_counts) AS u(e, c) WHERE u.c > 0) THEN
            positions := eventcore_stored_positions(
                ARRAY(SELECT p_stream_ids[s] FROM unnest(p_event_streams) WITH ORDINALITY AS u(s, o) ORDER BY o),
                ARRAY(SELECT p_expected[s] + f
                      FROM unnest(p_event_streams, p_event_offsets) WITH ORDINALITY AS u(s, f, o) ORDER BY o),
                p_event_ids);
        END IF;
        IF positions IS NOT NULL THEN
            outcome := 2;
            base_versions := p_expected;
            RETURN;
        END IF;
        outcome := 1;
        IF current_setting('transaction_isolation') = 'read committed' THEN
            SELECT version INTO conflict_version FROM eventcore_stream WHERE stream_id = p_stream_ids[conflict_stream];
        ELSE
            -- The snapshot of this transaction may be older than what the caller knows: a lock fails then (40001), and so
            -- does the insert of a row that is there already but not in the snapshot.
            SELECT version INTO conflict_version FROM eventcore_stream
            WHERE stream_id = p_stream_ids[conflict_stream] FOR SHARE;
            IF conflict_version IS NULL THEN
                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_ids[conflict_stream], 0)
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
            VALUES (nextval('eventcore_position'), v_keys[p_event_streams[i]], clock_timestamp(), p_event_ids[i]::uuid,
                    base_versions[p_event_streams[i]] + p_event_offsets[i], p_types[i], p_payloads[i]::json,
                    coalesce(p_own_metadata[i], p_metadata)::json)
            RETURNING position INTO v_key;
            positions[i] := v_key;
        END LOOP;
    ELSE
        WITH inserted AS (
            INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
            SELECT nextval('eventcore_position'), v_keys[u.stream], clock_timestamp(), u.event_id::uuid,
                   base_versions[u.stream] + u.event_offset, u.type, u.payload::json,
                   coalesce(u.own_metadata, p_metadata)::json
            FROM (
                SELECT * FROM unnest(p_event_streams, p_event_offsets, p_event_ids, p_types, p_payloads, p_own_metadata)
                    WITH ORDINALITY AS e(stream, event_offset, event_id, type, payload, own_metadata, o)
                ORDER BY e.o
            ) u
            RETURNING position
        )
        SELECT array_agg(position ORDER BY position) INTO positions FROM inserted;
    END IF;
END
$$;

-- Appends many appends of different callers in one transaction: each is written or refused for itself.
--
-- p_stream_ids and what stands beside it hold every stream of every append, sorted by the bytes of the ids, each with the
-- number of the append it belongs to. A stream that one append writes belongs to no other append; a guard may belong to
-- several.
--
-- A batch never waits for a row that another transaction holds: it passes over it, and that append is told that the
-- stream is busy. So no circle of waiting transactions with a batch in it outlasts the lock time-out, whatever order it
-- takes the rows in, and it takes them all with a few statements: first it creates what may be missing, in the order of
-- the ids, then it locks the rest. It does not even try to create what is there: ON CONFLICT DO NOTHING waits for the transaction that is updating the
-- row in the way. Only on another transaction that is creating the same stream at this moment does it wait, until the
-- lock time-out fails it. It is called a second time then, with p_one_by_one: so it finds out which streams those are,
-- and their appends are told that they are busy.
--
-- outcomes, one for each append: 0 written; 1 conflict at the stream with this number in p_stream_ids and this version;
-- 2 the same events are stored already; 3 busy, a stream of it is locked by another transaction. positions has one for each
-- event, null where there is none.
CREATE OR REPLACE FUNCTION eventcore_append_batch(
    p_stream_ids    text[],
    p_expected      bigint[],
    p_counts        integer[],
    p_appends       integer[],
    p_metadata      text[],
    p_event_streams integer[],
    p_event_offsets integer[],
    p_event_ids     text[],
    p_types         text[],
    p_payloads      text[],
    p_one_by_one    boolean,
    p_own_metadata  text[],
    OUT outcomes          integer[],
    OUT conflict_streams  integer[],
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
    v_guards   boolean := 0 = ANY (p_counts);
    v_created  bigint[];
    v_wanted   integer;
    v_inserted bigint[];
    v_keys     bigint[];
    v_old      bigint[];
    v_refused  boolean;
    v_append   integer;
    v_version  bigint;
    v_ids      text[];
    v_versions bigint[];
    v_event_ids text[];
    v_found    bigint[];
    v_first    integer;
    v_written  bigint[];
    v_next     integer;
BEGIN
    outcomes := array_fill(0, ARRAY[cardinality(p_metadata)]);

    -- Keys are drawn first, so that those of the rows that came into being tell which streams they are.
    IF 0 = ANY (p_expected) OR -1 = ANY (p_expected) THEN
        SELECT array_agg(CASE WHEN u.e IN (0, -1) THEN nextval('eventcore_stream_stream_key_seq') END ORDER BY u.o),
               count(*) FILTER (WHERE u.e IN (0, -1))
        INTO v_created, v_wanted
        FROM unnest(p_expected) WITH ORDINALITY AS u(e, o);
        IF p_one_by_one THEN
            PERFORM set_config('lock_timeout', '2ms', true);
            FOR i IN 1 .. cardinality(p_stream_ids) LOOP
                CONTINUE WHEN v_created[i] IS NULL
                    OR EXISTS (SELECT FROM eventcore_stream WHERE stream_id = p_stream_ids[i]);
                BEGIN
                    INSERT INTO eventcore_stream (stream_key, stream_id, version) OVERRIDING SYSTEM VALUE
                    VALUES (v_created[i], p_stream_ids[i], p_counts[i])
                    ON CONFLICT DO NOTHING;
                    IF FOUND THEN
                        v_inserted := v_inserted || v_created[i];
                    END IF;
                EXCEPTION WHEN lock_not_available THEN
                    -- Not inserted and not to be seen: its append will be told that the stream is busy.
                    NULL;
                END;
            END LOOP;
        ELSE
            WITH inserted AS (
                INSERT INTO eventcore_stream (stream_key, stream_id, version) OVERRIDING SYSTEM VALUE
                SELECT u.k, u.id, u.c
                FROM unnest(v_created, p_stream_ids, p_counts) WITH ORDINALITY AS u(k, id, c, o)
                WHERE u.k IS NOT NULL
                  AND (SELECT s.stream_key FROM eventcore_stream s WHERE s.stream_id = u.id) IS NULL
                ORDER BY u.o
                ON CONFLICT DO NOTHING RETURNING stream_key
            )
            SELECT array_agg(stream_key) INTO v_inserted FROM inserted;
        END IF;
        IF v_guards OR cardinality(v_inserted) IS DISTINCT FROM v_wanted THEN
            v_created := ARRAY(
                SELECT CASE WHEN u.k = ANY (v_inserted) AND u.c > 0 THEN u.k END
                FROM unnest(v_created, p_counts) WITH ORDINALITY AS u(k, c, o) ORDER BY u.o);
        END IF;
    ELSE
        v_created := array_fill(NULL::bigint, ARRAY[cardinality(p_stream_ids)]);
    END IF;

    SELECT array_agg(coalesce(u.k, s.stream_key) ORDER BY u.o),
           array_agg(CASE WHEN u.k IS NULL THEN s.version ELSE 0 END ORDER BY u.o),
           array_agg(s.stream_key),
           bool_or(u.k IS NULL AND (s.version = u.e OR s.version IS NOT NULL
               AND (u.e = -1 OR (u.e = -2 AND s.version > 0))) IS NOT TRUE)
    INTO v_keys, base_versions, v_old, v_refused
    FROM unnest(p_stream_ids, p_expected, p_counts, v_created) WITH ORDINALITY AS u(id, e, c, k, o)
    LEFT JOIN LATERAL (
        SELECT stream_key, version FROM eventcore_stream
        WHERE u.k IS NULL AND u.c > 0 AND stream_id = u.id FOR NO KEY UPDATE SKIP LOCKED
    ) s ON true;
    IF v_guards THEN
        SELECT array_agg(CASE WHEN u.c = 0 THEN s.version ELSE u.b END ORDER BY u.o),
               bool_or((CASE WHEN u.c = 0 THEN s.version ELSE u.b END = u.e
                   OR u.b IS NOT NULL AND (u.e = -1 OR (u.e = -2 AND u.b > 0))
                   OR u.e = -2 AND s.version > 0) IS NOT TRUE)
        INTO base_versions, v_refused
        FROM unnest(p_stream_ids, p_expected, p_counts, base_versions) WITH ORDINALITY AS u(id, e, c, b, o)
        LEFT JOIN LATERAL (
            SELECT version FROM eventcore_stream WHERE u.c = 0 AND stream_id = u.id FOR SHARE SKIP LOCKED
        ) s ON true;
    END IF;

    IF v_refused THEN
        conflict_streams := outcomes;
        conflict_versions := array_fill(0::bigint, ARRAY[cardinality(p_metadata)]);
        FOR i IN 1 .. cardinality(p_stream_ids) LOOP
            v_append := p_appends[i];
            v_version := base_versions[i];
            CONTINUE WHEN outcomes[v_append] <> 0
                OR v_version = p_expected[i]
                OR (v_version IS NOT NULL AND (p_expected[i] = -1 OR (p_expected[i] = -2 AND v_version > 0)));
            outcomes[v_append] := 1;
            IF v_version IS NULL THEN
                -- Locked by another transaction, or not there: what is committed tells.
                SELECT version INTO v_version FROM eventcore_stream WHERE stream_id = p_stream_ids[i];
                v_version := coalesce(v_version, 0);
                IF v_version = p_expected[i] OR p_expected[i] = -1 OR (p_expected[i] = -2 AND v_version > 0) THEN
                    outcomes[v_append] := 3;
                END IF;
            END IF;
            conflict_streams[v_append] := i;
            conflict_versions[v_append] := v_version;
        END LOOP;
        UPDATE eventcore_stream SET version = 0
        WHERE stream_key = ANY (ARRAY(
            SELECT u.k FROM unnest(v_created, p_appends) AS u(k, a) WHERE u.k IS NOT NULL AND outcomes[u.a] <> 0));
        v_old := ARRAY(
            SELECT u.k FROM unnest(v_keys, v_created, p_appends) AS u(k, c, a)
            WHERE u.k IS NOT NULL AND u.c IS NULL AND outcomes[u.a] = 0);
        base_versions := ARRAY(
            SELECT coalesce(u.b, 0) FROM unnest(base_versions) WITH ORDINALITY AS u(b, o) ORDER BY u.o);
    END IF;

    UPDATE eventcore_stream SET version = version + p_counts[array_position(v_keys, stream_key)]
    WHERE stream_key = ANY (v_old);

    PERFORM pg_advisory_xact_lock_shared(eventcore_announcement());
    WITH inserted AS (
        INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
        SELECT nextval('eventcore_position'), v_keys[u.stream], clock_timestamp(), u.event_id::uuid,
               base_versions[u.stream] + u.event_offset, u.type, u.payload::json,
               coalesce(u.own_metadata, p_metadata[p_appends[u.stream]])::json
        FROM (
            SELECT * FROM unnest(p_event_streams, p_event_offsets, p_event_ids, p_types, p_payloads, p_own_metadata)
                WITH ORDINALITY AS e(stream, event_offset, event_id, type, payload, own_metadata, o)
            WHERE NOT v_refused OR outcomes[p_appends[e.stream]] = 0
            ORDER BY e.o
        ) u
        RETURNING position
    )
    SELECT array_agg(position ORDER BY position) INTO positions FROM inserted;

    IF v_refused THEN
        -- One position for each event, whether written or not.
        v_written := positions;
        v_next := 1;
        positions := array_fill(NULL::bigint, ARRAY[cardinality(p_event_ids)]);
        FOR i IN 1 .. cardinality(p_event_ids) LOOP
            v_append := p_appends[p_event_streams[i]];
            IF outcomes[v_append] = 0 THEN
                positions[i] := v_written[v_next];
                v_next := v_next + 1;
            END IF;
            -- At the first event of a refused append: is all of it stored already, in the places it expected?
            IF outcomes[v_append] = 1 AND (i = 1 OR v_append <> p_appends[p_event_streams[i - 1]]) THEN
                SELECT array_agg(p_stream_ids[u.s] ORDER BY u.o), array_agg(p_expected[u.s] + u.f ORDER BY u.o),
                       array_agg(u.id ORDER BY u.o), min(p_expected[u.s])
                INTO v_ids, v_versions, v_event_ids, v_version
                FROM unnest(p_event_streams, p_event_offsets, p_event_ids) WITH ORDINALITY AS u(s, f, id, o)
                WHERE p_appends[u.s] = v_append;
                v_found := CASE WHEN v_version >= 0
                                THEN eventcore_stored_positions(v_ids, v_versions, v_event_ids) END;
                IF v_found IS NOT NULL THEN
                    outcomes[v_append] := 2;
                    v_first := i;
                END IF;
            END IF;
            IF outcomes[v_append] = 2 THEN
                positions[i] := v_found[i - v_first + 1];
                base_versions[p_event_streams[i]] := p_expected[p_event_streams[i]];
            END IF;
        END LOOP;
    END IF;
END
$$;

-- A role that may call the functions that write appends by them and by nothing else: they run with the rights of the owner,
-- whose tables no other role needs to change. Names in them mean the catalogue and this schema, whatever the caller's
-- search path says. Until roles-postgresql.sql grants them to a role, only the owner may call them.
DO $$
DECLARE
    v_schema   regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = 'eventcore_event'::regclass);
    v_function regproc;
BEGIN
    FOREACH v_function IN ARRAY ARRAY['eventcore_append_event', 'eventcore_append', 'eventcore_append_batch',
                                      'eventcore_lock_stream']::regproc[] LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, %s, pg_temp',
                       v_function, v_schema);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
    END LOOP;
END
$$;

-- One row for each partition of a projection: who may run it, and how far it has come. One row, so that one statement
-- moves the checkpoint under the newest token only. Taking a lease needs the row's lock, which a projection's transaction
-- takes last, right before its commit.
-- Versions of a projection stand beside each other; queries read the active one. Version 0 are the side effects.
CREATE TABLE IF NOT EXISTS eventcore_projection (
    name          text COLLATE "C" NOT NULL,
    version       integer     NOT NULL,
    number        integer     NOT NULL,
    partitions    integer     NOT NULL,
    active        boolean     NOT NULL,
    token         bigint      NOT NULL,
    owner         text        NOT NULL,
    good_until    timestamptz NOT NULL,
    paused        boolean     NOT NULL,
    resumes       bigint      NOT NULL,
    position      bigint      NOT NULL,
    seen_position bigint      NOT NULL,
    seen_event_id text        NOT NULL,
    moves         bigint      NOT NULL,
    failure       text        NOT NULL,
    PRIMARY KEY (name, version, number)
) WITH (fillfactor = 50);

-- One row for each stream that a projection has set aside: where the events begin that wait. They stay in the log.
CREATE TABLE IF NOT EXISTS eventcore_parked_stream (
    name      text COLLATE "C" NOT NULL,
    version   integer NOT NULL,
    number    integer NOT NULL,
    stream_id text COLLATE "C" NOT NULL,
    position  bigint  NOT NULL,
    type      text    NOT NULL,
    failure   text    NOT NULL,
    waiting   bigint  NOT NULL,
    request   text    NOT NULL,
    PRIMARY KEY (name, version, stream_id)
);
