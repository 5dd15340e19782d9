package io.eventcore.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.AppendLimits;
import io.eventcore.EventMetadata;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Gaps are found wherever they are, with room for a few streams only. */
class LogCheckTest {
    private static final int CAPACITY = 8;

    /** A store of which only the answer about ids is asked. */
    private static final class Asked implements StoredLog {
        private final StoredLog log = new InMemoryEventStore(
                        new JacksonEventSerializer(EventTypes.builder().build()))
                .storedLog();
        private final boolean uniqueIds;

        private Asked(boolean uniqueIds) {
            this.uniqueIds = uniqueIds;
        }

        @Override
        public boolean keepsIdsUnique() {
            return uniqueIds;
        }

        @Override
        public GlobalPosition settledEnd() {
            return log.settledEnd();
        }

        @Override
        public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
            return log.read(after, upTo, limit);
        }

        @Override
        public RestoreState beginRestore(GlobalPosition last) {
            return log.beginRestore(last);
        }

        @Override
        public void restore(GlobalPosition after, List<ExportedEvent> events) {
            log.restore(after, events);
        }

        @Override
        public void endRestore(GlobalPosition last) {
            log.endRestore(last);
        }

        @Override
        public int append(List<ExportedEvent> events) {
            return log.append(events);
        }

        @Override
        public Optional<GlobalPosition> positionOf(StreamId streamId, StreamVersion version) {
            return log.positionOf(streamId, version);
        }
    }

    private static ExportedEvent event(long position, int stream, int version, UUID id) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                StreamId.of("stream-" + stream),
                StreamVersion.of(version),
                id,
                "changed",
                Instant.parse("2024-02-03T04:05:06Z"),
                EventMetadata.empty(),
                "{}".getBytes(UTF_8));
    }

    /** Events of many streams in a random order, with ids of one time that begin alike. */
    private static List<ExportedEvent> events(Random random, int streams, int count) {
        Map<Integer, Integer> versions = new HashMap<>();
        List<ExportedEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int stream = random.nextInt(streams);
            events.add(
                    event(i + 1, stream, versions.merge(stream, 1, Integer::sum), new UUID(0x0195_7c2e_0000_7000L, i)));
        }
        return events;
    }

    /** How many passes it took. */
    private static int check(StoredLog log, boolean whole, List<ExportedEvent> events) {
        LogCheck check = new LogCheck(log, whole, CAPACITY);
        int passes = 0;
        do {
            passes++;
            for (int i = 0; i < events.size(); i++) {
                check.next(i + 2, events.get(i));
            }
        } while (check.needsAnotherPass());
        return passes;
    }

    @Test
    void more_streams_and_ids_than_there_is_room_for_are_checked_in_more_passes() {
        for (int seed = 0; seed < 20; seed++) {
            List<ExportedEvent> events = events(new Random(seed), 100, 400);

            assertThat(check(new Asked(false), true, events)).isBetween(100 / CAPACITY, 100);
            assertThat(check(new Asked(true), true, events)).isBetween(400 / CAPACITY, 400);
        }
    }

    @Test
    void what_fits_takes_one_pass() {
        assertThat(check(new Asked(false), true, events(new Random(1), CAPACITY, 400)))
                .isEqualTo(1);
    }

    @Test
    void an_event_that_is_missing_in_a_stream_is_found_wherever_it_is() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<ExportedEvent> events = events(random, 60, 400);
            int left = random.nextInt(events.size());
            ExportedEvent missing = events.remove(left);
            boolean wasLast = events.subList(left, events.size()).stream()
                    .noneMatch(event -> event.streamId().equals(missing.streamId()));
            if (wasLast) {
                check(new Asked(false), true, events);
            } else {
                assertThatExceptionOfType(TransferFileException.class)
                        .as("seed %d", seed)
                        .isThrownBy(() -> check(new Asked(false), true, events))
                        .withMessageContaining("stream '%s' ".formatted(missing.streamId()));
            }
        }
    }

    @Test
    void an_id_that_stands_twice_is_found_wherever_it_is_if_the_store_keeps_ids_unique() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<ExportedEvent> events = events(random, 60, 400);
            int second = 1 + random.nextInt(events.size() - 1);
            ExportedEvent e = events.get(second);
            UUID id = events.get(random.nextInt(second)).id();
            events.set(
                    second,
                    ExportedEvent.of(
                            e.position(),
                            e.streamId(),
                            e.version(),
                            id,
                            e.typeName(),
                            e.recordedAt(),
                            e.metadata(),
                            e.payload()));

            check(new Asked(false), true, events);
            assertThatExceptionOfType(TransferFileException.class)
                    .as("seed %d", seed)
                    .isThrownBy(() -> check(new Asked(true), true, events))
                    .withMessageContaining(id.toString())
                    .satisfies(refused -> assertThat(refused.line()).isEqualTo(second + 2));
        }
    }

    @Test
    void a_part_of_a_log_may_begin_with_any_version() {
        List<ExportedEvent> events = events(new Random(3), 60, 400).subList(200, 400);

        check(new Asked(false), false, events);
        assertThatExceptionOfType(TransferFileException.class).isThrownBy(() -> check(new Asked(false), true, events));
    }

    @Test
    void the_largest_event_that_may_be_appended_fits_a_line_even_if_each_byte_takes_six() {
        long payload = 6L * 256 * 1024 * 1024;
        long metadata = 16L * 1024 * 1024;
        long names = 2 * 6 * 4 * 255L;
        AppendLimits largest =
                AppendLimits.defaults().withPayloadBytes(256 * 1024 * 1024).withMetadataBytes(16 * 1024 * 1024);

        assertThat(payload + metadata + names + 1_000).isLessThan(LogLines.MAX_BYTES);
        assertThat(largest.payloadBytes()).isEqualTo(256 * 1024 * 1024);
    }
}
