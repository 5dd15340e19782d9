package io.eventcore.benchmarks.load;

import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.benchmarks.load.TagEvent.DepositTagged;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** What tags cost: appends that carry them, reads by them, decisions that rest on them. */
final class TagRows {
    private static final String FIRST_VERSION = "tables of version 1";
    private static final String NO_TAGS = "no tags";
    private static final String PAGE = "a page of one large tag";
    private static final String AND = "a page of two large tags";
    private static final String STREAMS = "two streams, two events";
    private static final String COLD = "two streams, each read";
    private static final String TAGS = "two tags, one event";
    private static final String HOT_STREAM = "hot stream";
    private static final String HOT_TAG = "hot tag";

    /** The tags that an append chooses from; all exist after the warm-up. */
    private static final int SUBJECTS = 1_000;

    private static final int PAGE_SIZE = 1_000;

    /** An append without tags is the function of version 1 itself: a higher ratio is timing noise. */
    private static final double SAME = 1.03;

    private final int events;

    /**
     * The rows.
     *
     * @param million how many events stand for a million: fewer for a smoke test
     */
    TagRows(int million) {
        this.events = million;
    }

    List<Row> all() {
        return List.of(alone(), together(), reads(), courses(), hotCourse());
    }

    private static Row alone() {
        return new Row(
                "t1",
                "1 event to a young stream, with tags that exist",
                1,
                List.of(
                        Stores.append(FIRST_VERSION, TagRows::firstVersion),
                        Stores.append(NO_TAGS, database -> store(database, "t1none_")),
                        append(tags(1), "t1one_", thread -> random(1)),
                        append(tags(2), "t1two_", thread -> random(2)),
                        append(tags(5), "t1five_", thread -> random(5))),
                List.of(
                        cpu(NO_TAGS, FIRST_VERSION, SAME),
                        cpu(tags(1), NO_TAGS, 1.35),
                        cpu(tags(2), NO_TAGS, 1.6),
                        cpu(tags(5), NO_TAGS, 2.4)));
    }

    /** So many threads that about 50 appends are waiting when the store forms a batch. */
    private static Row together() {
        String shared = "1 shared, 1 own";
        return new Row(
                "t2",
                "1 event to a young stream in batches, with tags that exist",
                64,
                List.of(
                        Stores.append(NO_TAGS, database -> store(database, "t2none_")),
                        append(own(1), "t2one_", thread -> own(thread, 1)),
                        append(own(2), "t2two_", thread -> own(thread, 2)),
                        append(shared, "t2shared_", thread -> {
                            List<String> subjects = own(thread, 1);
                            subjects.add("everybody");
                            return subjects;
                        })),
                List.of(cpu(own(1), NO_TAGS, 1.7), cpu(own(2), NO_TAGS, 2.3)));
    }

    private Row reads() {
        FilledTags filled = new FilledTags(events);
        return new Row(
                "t3",
                "the first %,d events of tags that %,d of %,d events carry, decoded"
                        .formatted(Math.min(PAGE_SIZE, events / 100), events / 10, events),
                1,
                List.of(
                        page(PAGE, filled, EventQuery.tagged("subject", "tens-3"), PAGE_SIZE),
                        page(
                                AND,
                                filled,
                                EventQuery.tagged("subject", "tens-3").and("subject", "hundreds-3"),
                                Math.min(PAGE_SIZE, events / 100))),
                List.of(
                        Target.figure("server CPU us", PAGE, 3_000, Sample::serverCpuMicros),
                        Target.figure("server CPU us", AND, 10_000, Sample::serverCpuMicros)));
    }

    private static Row courses() {
        return new Row(
                "t4",
                "1,000 students subscribe to 50 courses",
                64,
                List.of(
                        Courses.byStreams(STREAMS, "t4streams_", WarmStreamSettings.defaults()),
                        Courses.byStreams(COLD, "t4cold_", WarmStreamSettings.off()),
                        Courses.byTags(TAGS, "t4tags_")),
                List.of(Target.speed(TAGS, COLD, 0.9), Target.speed(TAGS, STREAMS, 0.9)));
    }

    private static Row hotCourse() {
        return new Row(
                "t5",
                "all subscribe to one course",
                16,
                List.of(Courses.hotStream(HOT_STREAM, "t5stream_"), Courses.hotTag(HOT_TAG, "t5tag_")),
                List.of(Target.speed(HOT_TAG, HOT_STREAM, 0.7)));
    }

    private static Target cpu(String candidate, String other, double atMost) {
        return Target.figureRatio("server CPU", candidate, other, atMost, Sample::serverCpuMicros);
    }

    private static String tags(int count) {
        return "tags: " + count;
    }

    private static String own(int count) {
        return "own tags: " + count;
    }

    private static EventStore store(Database database, String prefix) {
        return Stores.store(database, prefix, TagEvent.types());
    }

    /** A store on whose tables the script for tags has not run. */
    private static EventStore firstVersion(Database database) {
        String prefix = "t1first_";
        String script;
        try (InputStream file = JdbcSchema.class.getResourceAsStream("schema-postgresql.sql")) {
            if (file == null) {
                throw new IllegalStateException("The script of the tables is missing");
            }
            script = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        database.execute(script.replace("eventcore_", prefix));
        JdbcDatabase tables =
                JdbcDatabase.builder(database.pool()).tablePrefix(prefix).build();
        return tables.eventStore(new JacksonEventSerializer(BenchEvent.types()));
    }

    private static Candidate append(String name, String prefix, IntFunction<List<String>> subjects) {
        return new Candidate(name, database -> {
            EventStore store = store(database, prefix);
            return (thread, turn) -> {
                StreamId stream = Streams.of("account", thread, turn / Stores.EVENTS_PER_STREAM);
                store.appendEvents(StreamWrites.to(
                                stream,
                                ExpectedVersion.exactly(turn % Stores.EVENTS_PER_STREAM),
                                DepositTagged.of(stream, turn, subjects.apply(thread)))
                        .withMetadata(BenchEvent.METADATA));
                return 1;
            };
        });
    }

    private static List<String> random(int count) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        List<String> subjects = new ArrayList<>();
        int first = random.nextInt(SUBJECTS);
        for (int i = 0; i < count; i++) {
            subjects.add("subject-" + (first + i * 7) % SUBJECTS);
        }
        return subjects;
    }

    /** Subjects of one thread, so that no other append of a batch has them. */
    private static List<String> own(int thread, int count) {
        List<String> subjects = new ArrayList<>();
        int first = ThreadLocalRandom.current().nextInt(10);
        for (int i = 0; i < count; i++) {
            subjects.add("of-" + thread + "-" + (first + i) % 10);
        }
        return subjects;
    }

    private static Candidate page(String name, FilledTags filled, EventQuery query, int size) {
        return new Candidate(name, database -> {
            EventStore store = filled.store(database);
            return (thread, turn) -> {
                Iterator<RecordedEvent<TagEvent>> events =
                        store.readEvents(query, TagEvent.class).iterator();
                int read = 0;
                while (read < size && events.hasNext()) {
                    events.next();
                    read++;
                }
                return Limits.checked(1, read, size);
            };
        });
    }

    /**
     * A store in which every event carries two tags: one of ten for the last digit of its number, and one of ten for
     * the digit before.
     */
    private static final class FilledTags {
        private static final String PREFIX = "t3filled_";
        private static final int PER_APPEND = 1_000;

        private final int events;
        private @Nullable EventStore store;

        private FilledTags(int events) {
            this.events = events;
        }

        /** The store is filled when the first candidate asks for it; only one database has these rows. */
        EventStore store(Database database) {
            EventStore filled = store;
            if (filled == null) {
                filled = TagRows.store(database, PREFIX);
                for (int first = 0; first < events; first += PER_APPEND) {
                    filled.appendEvents(part(first, Math.min(first + PER_APPEND, events)));
                }
                database.analyze(PREFIX);
                database.execute("VACUUM ANALYZE " + PREFIX + "event_tag");
                store = filled;
            }
            return filled;
        }

        private static StreamWrites part(int first, int end) {
            StreamWrites writes = StreamWrites.empty().withMetadata(BenchEvent.METADATA);
            for (int i = first; i < end; i++) {
                StreamId stream = Streams.filled("tagged", i / Stores.EVENTS_PER_STREAM);
                if (i % Stores.EVENTS_PER_STREAM == 0) {
                    writes = writes.registerStream(stream, ExpectedVersion.noStream());
                }
                writes = writes.append(
                        DepositTagged.of(stream, i, List.of("tens-" + i % 10, "hundreds-" + i / 10 % 10)));
            }
            return writes;
        }
    }
}
