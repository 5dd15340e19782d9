package io.eventcore.benchmarks.load;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;

/**
 * The best that the database can do with the same bytes and no promises: the limits that the store is compared with.
 */
final class Limits {
    private static final JacksonEventSerializer SERIALIZER = new JacksonEventSerializer(BenchEvent.types());
    private static final String METADATA = json(BenchEvent.METADATA);

    private Limits() {}

    private static String json(EventMetadata metadata) {
        StringBuilder json = new StringBuilder("{");
        metadata.entries()
                .forEach((name, value) ->
                        json.append(json.length() == 1 ? "" : ",").append("\"%s\":\"%s\"".formatted(name, value)));
        return json.append('}').toString();
    }

    private static byte[] payload(StreamId stream, long cents) {
        return SERIALIZER.serialize(BenchEvent.deposit(stream, cents)).payload();
    }

    /** One row in auto-commit mode: no check, no order, one index. */
    static Candidate insert(String name) {
        return new Candidate(name, database -> {
            String table = newTable(database, name);
            String sql = "INSERT INTO " + table
                    + " (stream_id, version, event_id, type, payload, metadata, recorded_at)" + " VALUES (?, ?, ?, ?, "
                    + database.asJson("?") + ", " + database.asJson("?") + ", CURRENT_TIMESTAMP)";
            return (thread, turn) -> {
                StreamId stream = Streams.of("account", thread, turn / Stores.EVENTS_PER_STREAM);
                try (Connection connection = database.pool().getConnection();
                        PreparedStatement insert = connection.prepareStatement(sql)) {
                    insert.setString(1, stream.value());
                    insert.setInt(2, 1);
                    insert.setObject(3, UUID.randomUUID());
                    insert.setString(4, "money-deposited");
                    insert.setString(5, new String(payload(stream, turn), StandardCharsets.UTF_8));
                    insert.setString(6, METADATA);
                    insert.executeUpdate();
                }
                return 1;
            };
        });
    }

    /** Two rows in one statement. */
    static Candidate insertTwo(String name) {
        return new Candidate(name, database -> {
            String table = newTable(database, name);
            String row = "(?, 1, ?, 'money-deposited', " + database.asJson("?") + ", " + database.asJson("?")
                    + ", CURRENT_TIMESTAMP)";
            String sql = "INSERT INTO " + table
                    + " (stream_id, version, event_id, type, payload, metadata, recorded_at) VALUES " + row + ", "
                    + row;
            return (thread, turn) -> {
                try (Connection connection = database.pool().getConnection();
                        PreparedStatement insert = connection.prepareStatement(sql)) {
                    int parameter = 0;
                    for (String side : List.of("from", "to")) {
                        StreamId stream = Streams.of(side, thread, turn / Stores.EVENTS_PER_STREAM);
                        insert.setString(++parameter, stream.value());
                        insert.setObject(++parameter, UUID.randomUUID());
                        insert.setString(++parameter, new String(payload(stream, turn), StandardCharsets.UTF_8));
                        insert.setString(++parameter, METADATA);
                    }
                    insert.executeUpdate();
                }
                return 1;
            };
        });
    }

    private static String newTable(Database database, String name) {
        String table = "limit_" + name.replaceAll("[^a-z0-9]", "_");
        database.execute("DROP TABLE IF EXISTS " + table);
        database.execute("CREATE TABLE " + table + " (position " + database.identityType() + " PRIMARY KEY,"
                + " stream_id varchar(255), version int, event_id uuid, type varchar(255), payload "
                + database.jsonType()
                + ", metadata " + database.jsonType() + ", recorded_at timestamp)");
        return table;
    }

    /** Many rows in one binary COPY. */
    static Candidate copyIn(String name, int rows) {
        return new Candidate(name, database -> {
            String table = newTable(database, name);
            return (thread, turn) -> {
                StreamId stream = Streams.of("account", thread, turn);
                byte[] data = copyData(stream, rows);
                try (Connection connection = database.pool().getConnection()) {
                    connection
                            .unwrap(PGConnection.class)
                            .getCopyAPI()
                            .copyIn(
                                    "COPY " + table + " (stream_id, version, event_id, type, payload, metadata)"
                                            + " FROM STDIN (FORMAT binary)",
                                    new java.io.ByteArrayInputStream(data));
                }
                return rows;
            };
        });
    }

    private static byte[] copyData(StreamId stream, int rows) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(rows * 400);
        DataOutputStream out = new DataOutputStream(bytes);
        out.write("PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1));
        out.writeInt(0);
        out.writeInt(0);
        for (int row = 1; row <= rows; row++) {
            out.writeShort(6);
            field(out, stream.value().getBytes(StandardCharsets.UTF_8));
            out.writeInt(4);
            out.writeInt(row);
            UUID id = UUID.randomUUID();
            out.writeInt(16);
            out.writeLong(id.getMostSignificantBits());
            out.writeLong(id.getLeastSignificantBits());
            field(out, "money-deposited".getBytes(StandardCharsets.UTF_8));
            field(out, payload(stream, row));
            field(out, METADATA.getBytes(StandardCharsets.UTF_8));
        }
        out.writeShort(-1);
        return bytes.toByteArray();
    }

    private static void field(DataOutputStream out, byte[] value) throws IOException {
        out.writeInt(value.length);
        out.write(value);
    }

    /** Part of the log of a filled store in one binary COPY to nowhere. */
    static Candidate copyOut(String name, Filled filled, int events) {
        return new Candidate(name, database -> {
            String prefix = filled.prefix(database);
            return (thread, turn) -> {
                long after = filled.start(turn, events);
                String sql = "COPY (SELECT * FROM %sevent WHERE position > %d AND position <= %d ORDER BY position)"
                                .formatted(prefix, after, after + events)
                        + " TO STDOUT (FORMAT binary)";
                try (Connection connection = database.pool().getConnection()) {
                    return connection
                            .unwrap(PGConnection.class)
                            .getCopyAPI()
                            .copyOut(sql, OutputStream.nullOutputStream());
                }
            };
        });
    }

    /** The events of one stream by its key, all columns fetched, nothing decoded. */
    static Candidate select(String name, Filled filled, int eventsPerStream) {
        return new Candidate(name, database -> {
            String prefix = filled.prefix(database);
            String sql =
                    "SELECT s.stream_id, e.version, e.position, e.event_id, e.type, e.payload, e.metadata, e.recorded_at"
                            + " FROM %1$sstream s JOIN %1$sevent e ON e.stream_key = s.stream_key".formatted(prefix)
                            + " WHERE s.stream_id = ? ORDER BY e.version";
            return (thread, turn) -> {
                try (Connection connection = database.pool().getConnection();
                        PreparedStatement select = connection.prepareStatement(sql)) {
                    select.setString(1, filled.stream(eventsPerStream, turn).value());
                    try (ResultSet row = select.executeQuery()) {
                        int rows = 0;
                        while (row.next()) {
                            for (int column = 1; column <= 8; column++) {
                                row.getBytes(column);
                            }
                            rows++;
                        }
                        return checked(1, rows, eventsPerStream);
                    }
                }
            };
        });
    }

    /** The shortest round trip to the database. */
    static Candidate selectOne(String name) {
        return new Candidate(name, database -> (thread, turn) -> {
            try (Connection connection = database.pool().getConnection();
                    PreparedStatement select = connection.prepareStatement("SELECT 1");
                    ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        });
    }

    /**
     * Returns the number of operations if the number of events is right: a candidate that reads nothing would look
     * fast.
     */
    static long checked(long operations, long events, long expected) {
        if (events != expected) {
            throw new IllegalStateException("A candidate handled %d events of %d".formatted(events, expected));
        }
        return operations;
    }
}
