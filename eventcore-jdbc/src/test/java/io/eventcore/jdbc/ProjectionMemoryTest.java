package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.PartitionState;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A slow consumer with a long way to go, in a process with little memory. */
@Tag("faults")
class ProjectionMemoryTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final int BACKLOG = 100_000;
    private static final int PER_APPEND = 1_000;
    private static final long MEGABYTE = 1 << 20;

    private final String prefix = DATABASE.newTables();

    @Test
    void a_slow_projection_with_a_long_backlog_keeps_its_lease_and_a_flat_heap() throws Exception {
        fill(DATABASE.store(prefix));

        Process node = start();
        List<Long> heap;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            heap = output.lines()
                    .filter(line -> line.startsWith(SlowProjectionNode.HEAP))
                    .map(line -> Long.parseLong(line.substring(SlowProjectionNode.HEAP.length())))
                    .toList();
        }

        assertThat(node.waitFor()).isZero();
        assertThat(heap).hasSize(SlowProjectionNode.SAMPLES);
        long early = max(heap.subList(1, heap.size() / 2));
        long late = max(heap.subList(heap.size() / 2, heap.size()));
        assertThat(late).as("bytes in use after collections: %s", heap).isLessThan(early + 2 * MEGABYTE);
        PartitionState state = DATABASE.projectionStore(prefix).partitions().get(0);
        assertThat(state.token())
                .as("the first lease, though one event took longer than it lasts")
                .isEqualTo(1);
        assertThat(state.checkpoint().position().value()).isBetween(6L, (long) BACKLOG / 2);
    }

    private static void fill(EventStore events) {
        for (int i = 0; i < BACKLOG / PER_APPEND; i++) {
            StreamId account = StreamId.of("account-" + i);
            StreamWrites writes = StreamWrites.empty().registerStream(account, any());
            for (int j = 0; j < PER_APPEND; j++) {
                writes = writes.append(new Deposited(account, j));
            }
            events.appendEvents(writes);
        }
    }

    private Process start() throws IOException {
        PGSimpleDataSource app = DATABASE.unpooled(TestDatabase.APP);
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SlowProjectionNode.class.getName(),
                        app.getURL(),
                        String.valueOf(app.getUser()),
                        String.valueOf(app.getPassword()),
                        prefix)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static long max(List<Long> values) {
        return LongStream.concat(LongStream.of(0), values.stream().mapToLong(Long::longValue))
                .max()
                .orElseThrow();
    }
}
