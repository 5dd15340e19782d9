-- An optional index: on the type of an event and its position. Readers of the log that ask for a few types find them by it
-- instead of looking at every event. It costs every append about a third of its index maintenance more, so it is not part of
-- the schema.
--
-- Run it as the owner of the tables, after schema-postgresql.sql, as one statement or with psql, Flyway or Liquibase
-- (splitStatements: false). It may run again. It waits for open transactions that have appended and keeps appends waiting
-- until it is done: on a large log, create the same index CONCURRENTLY by hand instead.
SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = 'eventcore_event'::regclass AND i.indisvalid AND i.indpred IS NULL
          AND ARRAY(SELECT a.attname::text
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o)
                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
                    ORDER BY k.o) = ARRAY['type', 'position']
    ) THEN
        CREATE INDEX ON eventcore_event (type, position);
    END IF;
END
$$;
