package io.eventcore.benchmarks.load;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.JacksonEventSerializer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Entry point of the load driver. */
public final class LoadBenchmark {
    private LoadBenchmark() {}

    /** Runs and prints. */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.getInteger("rounds", 5);
        Duration length = Duration.ofMillis(Long.getLong("millis", 2000));
        try (Database database = Database.start(16)) {
            Driver driver = new Driver(database, rounds, length);
            for (String count : System.getProperty("threads", "1,16,64").split(",", -1)) {
                int threads = Integer.parseInt(count);
                System.out.println(Table.of("1 event, " + threads + " threads", driver.run(candidates(), threads)));
            }
        }
    }

    /** How many events a young stream gets before the next one begins. */
    private static final long PER_STREAM = Long.getLong("perStream", 10);

    private static final String RUN = Long.toString(System.currentTimeMillis(), 36);

    private static StreamId stream(int thread, long turn) {
        String id = "account-%s-%d-%d".formatted(RUN, thread, turn);
        return StreamId.of(id + "-".repeat(Math.max(0, 44 - id.length())));
    }

    static Candidate rawInsert(String name) {
        return new Candidate(name, database -> {
            database.execute("""
                    DROP TABLE IF EXISTS raw_event;
                    CREATE TABLE raw_event (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream_id text,
                        version int, event_id uuid, type text, payload json, metadata json, recorded_at timestamptz)
                    """);
            JacksonEventSerializer serializer = new JacksonEventSerializer(BenchEvent.types());
            return (thread, turn) -> {
                StreamId stream = stream(thread, turn);
                String payload = new String(
                        serializer.serialize(BenchEvent.deposit(stream, turn)).payload(),
                        java.nio.charset.StandardCharsets.UTF_8);
                try (Connection connection = database.pool().getConnection();
                        PreparedStatement insert = connection.prepareStatement(
                                "INSERT INTO raw_event (stream_id, version, event_id, type, payload, metadata,"
                                        + " recorded_at) VALUES (?, ?, ?, ?, ?::json, ?::json, now())")) {
                    insert.setString(1, stream.value());
                    insert.setInt(2, 1);
                    insert.setObject(3, UUID.randomUUID());
                    insert.setString(4, "money-deposited");
                    insert.setString(5, payload);
                    insert.setString(6, "{\"correlationId\":\"6f1c1b0e-9a53-4a7e-9e0f\",\"actor\":\"clerk-17\"}");
                    insert.executeUpdate();
                }
                return 1;
            };
        });
    }

    static List<Candidate> candidates() {
        return List.of(rawInsert("raw"), append("store"));
    }

    static Candidate append(String name) {
        return new Candidate(name, database -> {
            JdbcSchema.in(database.pool(), "", name + "_").create();
            JdbcEventStore store = JdbcEventStore.builder(
                            database.pool(), new JacksonEventSerializer(BenchEvent.types()))
                    .tablePrefix(name + "_")
                    .build();
            return (thread, turn) -> {
                StreamId stream = stream(thread, turn / PER_STREAM);
                ExpectedVersion expected = ExpectedVersion.exactly(turn % PER_STREAM);
                store.appendEvents(StreamWrites.to(stream, expected, BenchEvent.deposit(stream, turn))
                        .withMetadata(BenchEvent.METADATA));
                return 1;
            };
        });
    }
}
