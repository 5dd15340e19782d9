package io.eventcore.jdbc;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What an engine writes in its own way inside a statement that all engines share. Standard SQL is the default. */
enum SqlExpressions {
    POSTGRESQL {
        /** Not the time of the transaction, which may have begun long ago. */
        @Override
        String currentTime() {
            return "clock_timestamp()";
        }

        @Override
        String nowPlusMillis() {
            return "clock_timestamp() + ? * interval '1 millisecond'";
        }

        @Override
        String currentMicros() {
            return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)";
        }

        /**
         * Also makes its commit durable, whatever the settings: its owner continues from what it believes to have
         * stored.
         */
        @Override
        String endedWhenIdleFor() {
            return "set_config('idle_in_transaction_session_timeout', ?, true),"
                    + " CASE WHEN current_setting('synchronous_commit') = 'off'"
                    + " THEN set_config('synchronous_commit', 'on', true) END";
        }

        @Override
        String matchesRegex(String expression) {
            return expression + " ~ ?";
        }

        /** The regular expressions here know no {@code \\z}; their {@code $} and dot already mean what we need. */
        @Override
        String anchored(String regex) {
            return "^(?:" + regex + ")$";
        }

        /** A duplicate key would end the caller's transaction. */
        @Override
        String unlessThere() {
            return " ON CONFLICT DO NOTHING";
        }

        @Override
        String replacing(String table, List<String> key, List<String> others) {
            return inserting(table, key, others) + " ON CONFLICT (" + String.join(", ", key) + ") DO UPDATE SET "
                    + others.stream().map(name -> name + " = EXCLUDED." + name).collect(Collectors.joining(", "));
        }

        @Override
        String lockedForReading(String query) {
            return query + " FOR SHARE";
        }

        @Override
        String jsonParameter() {
            return "?::json";
        }

        /**
         * Does not unpack the payload, unless it is compressed: then its stored size says little. A small, uncompressed
         * payload, as most are, costs two looks at its header.
         */
        @Override
        String payloadBytes() {
            return """
                    (CASE WHEN pg_column_compression(e.payload) IS NULL THEN pg_column_size(e.payload)\
                     ELSE octet_length(e.payload::text) END)""";
        }

        @Override
        Optional<String> positionsOfBoth(int limit) {
            return Optional.of(
                    "SELECT t.position FROM eventcore_positions_of_both(?, ?, ?, ?, " + limit + ") AS t(position)");
        }

        /**
         * The server looks up an array in the index in one pass, in order; a join descends for each position and
         * remembers it.
         */
        @Override
        String eventsAt(String columns, String positions) {
            return "SELECT " + columns + " FROM eventcore_event e WHERE e.position = ANY (ARRAY(" + positions
                    + ")) ORDER BY e.position";
        }

        @Override
        Optional<String> eventsAt(String columns, String positions, String types) {
            return Optional.of("WITH p AS MATERIALIZED (SELECT ARRAY(" + positions
                    + ") AS a) SELECT (SELECT cardinality(a) FROM p), " + columns
                    + " FROM eventcore_event e WHERE e.position = ANY ((SELECT a FROM p)::bigint[]) AND (e.type" + types
                    + " OR e.position = (SELECT a[cardinality(a)] FROM p)) ORDER BY e.position");
        }

        @Override
        String metadataBytes() {
            return "coalesce(octet_length(e.metadata::text), 0)";
        }
    },

    H2 {
        @Override
        String nowPlusMillis() {
            return "DATEADD('MILLISECOND', ?, CURRENT_TIMESTAMP(6))";
        }

        @Override
        String currentMicros() {
            // Not DATEDIFF, which compares the local times of clocks, whatever their zones.
            return "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP(6)) * 1000000 AS BIGINT)";
        }

        /** H2 compares texts by their UTF-16 form. */
        @Override
        String inByteOrder(String expression) {
            return "STRINGTOUTF8(" + expression + ")";
        }

        /**
         * A session keeps the result of its last query and reuses it for the next query with the same text while none
         * of its tables counts as changed. A commit notes that after the change is visible, and table by table: the
         * last position could be new and the page old, or the other way round. Also, a session reads the number of the
         * newest change after it has taken its snapshot: after a commit in between, an old result counts as newer than
         * that commit, until the table changes again.
         */
        @Override
        String andNotFromCache() {
            return " AND RAND() >= 0";
        }

        @Override
        String matchesRegex(String expression) {
            return "REGEXP_LIKE(" + expression + ", ?)";
        }

        @Override
        String replacing(String table, List<String> key, List<String> others) {
            return "MERGE INTO " + columns(table, key, others) + " KEY (" + String.join(", ", key) + ") "
                    + parameters(key.size() + others.size());
        }
    },

    /** MariaDB and MySQL. */
    MARIADB {
        /** The same in every time zone of the session. */
        @Override
        String currentTime() {
            return "UTC_TIMESTAMP(6)";
        }

        /**
         * Without the hint the server scans a small table, and waits for events of streams that this append does not
         * touch.
         */
        @Override
        String byStreamAndVersion() {
            return " FORCE INDEX (stream_key)";
        }

        /** A read without a lock would use the snapshot of a caller's REPEATABLE READ. */
        @Override
        String newest(String query) {
            return query + " LOCK IN SHARE MODE";
        }

        @Override
        String lockedForReading(String query) {
            return newest(query);
        }

        /**
         * Not by LIKE: with this collation MariaDB (11.4) looks for "a%" in an index up to U+FFFF only, and misses ids
         * that continue with a higher code point.
         */
        @Override
        String beginsWith(String expression) {
            return expression + " BETWEEN ? AND ?";
        }

        /**
         * No id with the prefix comes after the prefix followed by the last code point, repeated as often as an id has
         * room.
         */
        @Override
        List<String> prefixParameters(String prefix) {
            return List.of(prefix, prefix + LAST_CODE_POINTS);
        }

        @Override
        String nowPlusMillis() {
            return "TIMESTAMPADD(MICROSECOND, ? * 1000, UTC_TIMESTAMP(6))";
        }

        @Override
        String currentMicros() {
            return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))";
        }

        @Override
        String matchesRegex(String expression) {
            return expression + " REGEXP ?";
        }

        @Override
        String replacing(String table, List<String> key, List<String> others) {
            return inserting(table, key, others) + " ON DUPLICATE KEY UPDATE "
                    + others.stream()
                            .map(name -> name + " = VALUES(" + name + ")")
                            .collect(Collectors.joining(", "));
        }
    };

    private static final String LAST_CODE_POINTS =
            Character.toString(Character.MAX_CODE_POINT).repeat(255);

    /** An expression for the time of the statement in microseconds. */
    String currentTime() {
        return "CURRENT_TIMESTAMP(6)";
    }

    /** A parameter for a column that holds JSON. */
    String jsonParameter() {
        return "?";
    }

    /** An expression for the current time of the database's clock, plus a number of milliseconds, the parameter. */
    abstract String nowPlusMillis();

    /** An expression for the current time of the database's clock, in microseconds since 1970. */
    abstract String currentMicros();

    /**
     * An expression that, once evaluated in a transaction, makes the database end the transaction if it receives no
     * statement for a time: milliseconds as a text, the parameter. Has no effect on an engine that cannot do that for
     * one transaction.
     */
    String endedWhenIdleFor() {
        return "CAST(? AS CHAR(20))";
    }

    /** An expression that orders texts by their unsigned UTF-8 bytes. */
    String inByteOrder(String expression) {
        return expression;
    }

    /** A condition that holds if an expression matches an {@link #anchored} regular expression, the parameter. */
    abstract String matchesRegex(String expression);

    /** Turns a regular expression for a part of a text into one for the whole text, in which a dot matches anything. */
    String anchored(String regex) {
        return "(?s)^(?:" + regex + ")\\z";
    }

    /** An expression for the size of an event's payload in bytes of UTF-8; a few bytes more do no harm. */
    String payloadBytes() {
        return "OCTET_LENGTH(e.payload)";
    }

    /** An expression for the size of an event's metadata in bytes. */
    String metadataBytes() {
        return "coalesce(OCTET_LENGTH(e.metadata), 0)";
    }

    /**
     * An expression for the payload of an event if a condition holds, so that the database does not send a large one
     * unasked.
     */
    static String whole(String condition) {
        return "CASE WHEN " + condition + " THEN e.payload END";
    }

    /**
     * A further condition that always holds, for an engine that may answer a query from an older result although other
     * queries already see what was committed meanwhile.
     */
    String andNotFromCache() {
        return "";
    }

    /** A condition that holds if an expression begins with a prefix, the {@link #prefixParameters parameters}. */
    String beginsWith(String expression) {
        return expression + " LIKE ? ESCAPE '!'";
    }

    List<String> prefixParameters(String prefix) {
        return List.of(prefix.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%");
    }

    /** The end of an INSERT that changes nothing if the key is taken; empty if a duplicate key harms no transaction. */
    String unlessThere() {
        return "";
    }

    /**
     * A statement that inserts a row, or replaces the one with its key; its parameters are the values of all columns.
     *
     * @param others the columns that do not belong to the key
     */
    abstract String replacing(String table, List<String> key, List<String> others);

    private static String inserting(String table, List<String> key, List<String> others) {
        return "INSERT INTO " + columns(table, key, others) + " " + parameters(key.size() + others.size());
    }

    private static String columns(String table, List<String> key, List<String> others) {
        return table + " (" + String.join(", ", key) + ", " + String.join(", ", others) + ")";
    }

    private static String parameters(int number) {
        return "VALUES (" + String.join(", ", Collections.nCopies(number, "?")) + ")";
    }

    /** A query that sees what is committed, whatever the isolation of its transaction. */
    String newest(String query) {
        return query;
    }

    /**
     * A query that sees what is committed, and whose rows no other transaction changes before this one ends. If the
     * engine can do that, other transactions may lock the rows in the same way.
     */
    String lockedForReading(String query) {
        return query + " FOR UPDATE";
    }

    /**
     * A query for the events at the positions that another query returns, in their order.
     *
     * @param columns columns of {@code e}
     */
    String eventsAt(String columns, String positions) {
        return "SELECT " + columns + " FROM (" + positions
                + ") p JOIN eventcore_event e ON e.position = p.position ORDER BY p.position";
    }

    /**
     * A query for the events of some types, and for the last event of any type: the number of all positions, and the
     * columns. So the engine looks at no more events than the other query has positions, and the reader knows where to
     * continue. Empty if the engine finds positions better together with the types.
     *
     * @param types what follows the name of the type's column in a condition
     */
    Optional<String> eventsAt(String columns, String positions, String types) {
        return Optional.empty();
    }

    /**
     * A query for the next positions of events that carry both of two tags. It reads the entries of both side by side;
     * its parameters are their keys, the position to begin after, and the position to end with. Empty if the engine
     * looks up entries faster.
     */
    Optional<String> positionsOfBoth(int limit) {
        return Optional.empty();
    }

    /** A hint to find events by stream and version, for an engine that may lock everything that it scans. */
    String byStreamAndVersion() {
        return "";
    }
}
