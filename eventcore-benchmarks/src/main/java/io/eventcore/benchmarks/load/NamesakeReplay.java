package io.eventcore.benchmarks.load;

import io.eventcore.benchmarks.peer.Deposit;
import io.eventcore.benchmarks.peer.Peer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Replays over JDBC what the Rust library of the same name sends to PostgreSQL for an append. This is a protocol
 * replay, not the Rust library: it follows a description of that library's schema and statements, and leaves out its
 * check of each connection.
 */
final class NamesakeReplay implements Peer {
    private static final String SCHEMA = """
            DROP TABLE IF EXISTS namesake_events;
            CREATE TABLE namesake_events (
                event_id uuid PRIMARY KEY,
                stream_id text NOT NULL,
                stream_version bigint NOT NULL DEFAULT 0,
                event_type text NOT NULL,
                event_data jsonb NOT NULL,
                metadata jsonb NOT NULL DEFAULT '{}',
                created_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE UNIQUE INDEX ON namesake_events (stream_id, stream_version);
            CREATE INDEX ON namesake_events (stream_id);
            CREATE OR REPLACE FUNCTION namesake_assign_version() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                v_current bigint;
                v_expected jsonb := nullif(current_setting('namesake.expected', true), '')::jsonb;
            BEGIN
                SELECT stream_version INTO v_current FROM namesake_events
                WHERE stream_id = NEW.stream_id ORDER BY stream_version DESC LIMIT 1 FOR UPDATE;
                v_current := coalesce(v_current, 0);
                IF v_expected ? NEW.stream_id THEN
                    IF (v_expected ->> NEW.stream_id)::bigint <> v_current THEN
                        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'P0001';
                    END IF;
                    PERFORM set_config('namesake.expected',
                        jsonb_set(v_expected, ARRAY[NEW.stream_id], to_jsonb(v_current + 1))::text, true);
                END IF;
                NEW.stream_version := v_current + 1;
                RETURN NEW;
            END
            $$;
            CREATE OR REPLACE TRIGGER assign_version BEFORE INSERT ON namesake_events
                FOR EACH ROW EXECUTE FUNCTION namesake_assign_version();
            """;

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String METADATA_JSON = JSON.writeValueAsString(METADATA);

    private DataSource dataSource;

    NamesakeReplay(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public void open(DataSource database) throws SQLException {
        dataSource = database;
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(SCHEMA);
        }
    }

    @Override
    public boolean append(String stream, long version, List<Deposit> events) throws SQLException {
        return append(new TreeMap<>(Map.of(stream, version)), events);
    }

    @Override
    public void transfer(String from, long fromVersion, String to, long toVersion) throws SQLException {
        append(
                new TreeMap<>(Map.of(from, fromVersion, to, toVersion)),
                List.of(Deposit.of(from, -1), Deposit.of(to, 1)));
    }

    private boolean append(SortedMap<String, Long> expected, List<Deposit> events) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try {
                for (String stream : expected.keySet()) {
                    query(connection, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", stream);
                }
                for (Map.Entry<String, Long> stream : expected.entrySet()) {
                    if (version(connection, stream.getKey()) != stream.getValue()) {
                        connection.rollback();
                        return false;
                    }
                }
                query(connection, "SELECT set_config('namesake.expected', ?, true)", JSON.writeValueAsString(expected));
                insert(connection, events);
                connection.commit();
                return true;
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    private static void insert(Connection connection, List<Deposit> events) throws SQLException {
        String sql = "INSERT INTO namesake_events (event_id, stream_id, event_type, event_data, metadata) VALUES "
                + "(?, ?, ?, ?::jsonb, ?::jsonb), ".repeat(events.size() - 1) + "(?, ?, ?, ?::jsonb, ?::jsonb)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int parameter = 0;
            for (Deposit event : events) {
                insert.setObject(++parameter, UUID.randomUUID());
                insert.setString(++parameter, event.account());
                insert.setString(++parameter, "money-deposited");
                insert.setString(++parameter, JSON.writeValueAsString(event));
                insert.setString(++parameter, METADATA_JSON);
            }
            insert.executeUpdate();
        }
    }

    private static void query(Connection connection, String sql, String parameter) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, parameter);
            query.executeQuery().close();
        }
    }

    private static long version(Connection connection, String stream) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT coalesce(max(stream_version), 0) FROM namesake_events WHERE stream_id = ?")) {
            query.setString(1, stream);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    @Override
    public long version(String stream) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return version(connection, stream);
        }
    }

    @Override
    public long readStream(String stream) throws SQLException {
        return decode("SELECT event_type, event_data, event_id, stream_version FROM namesake_events WHERE stream_id = '"
                + stream + "' ORDER BY stream_version");
    }

    @Override
    public long readLog(int events) throws SQLException {
        return decode(
                "SELECT event_type, event_data, event_id, stream_version FROM namesake_events ORDER BY event_id LIMIT "
                        + events);
    }

    private long decode(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            long count = 0;
            while (row.next()) {
                JSON.readValue(row.getBytes(2), Deposit.class);
                count++;
            }
            return count;
        }
    }
}
