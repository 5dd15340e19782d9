package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Snapshots that no command comes back to do not fill the store. */
class UnusedSnapshotsTest {
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(CommandSnapshot.class);
    private static final int MAX_UNUSED = 3;

    private final ScriptedStore store = new ScriptedStore();
    private final AtomicInteger saved = new AtomicInteger();
    private final AtomicInteger used = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    private final CommandExecutor executor = CommandExecutor.builder(store)
            .snapshots(
                    new InMemorySnapshotStore(),
                    SnapshotSettings.defaults()
                            .withAfterEvents(1)
                            .withMaxUnused(MAX_UNUSED)
                            .withExecutor(Runnable::run)
                            .withListener(new Counting()))
            .build();

    @BeforeEach
    void listen() {
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        LOG.detachAppender(log);
    }

    @Test
    void after_so_many_that_none_was_used_of_no_more_are_stored_and_one_line_says_so() {
        for (int pair = 0; pair < 10; pair++) {
            executor.execute(compare(pair));
        }

        assertThat(saved).hasValue(MAX_UNUSED);
        assertThat(dropped).hasValue(10 - MAX_UNUSED);
        assertThat(warnings())
                .singleElement()
                .satisfies(warning -> assertThat(warning.getFormattedMessage())
                        .contains("3 snapshots of " + Compare.class.getName(), "eventcore.snapshots.max-unused"));
    }

    @Test
    void one_that_is_used_lets_others_be_stored_again() {
        for (int pair = 0; pair < 10; pair++) {
            executor.execute(compare(pair));
        }

        executor.execute(compare(0));
        assertThat(used).hasValue(1);
        for (int pair = 20; pair < 30; pair++) {
            executor.execute(compare(pair));
        }

        assertThat(saved).hasValue(2 * MAX_UNUSED);
        assertThat(warnings()).hasSize(1);
    }

    @Test
    void snapshots_that_are_used_are_stored_without_end() {
        for (int times = 0; times < 10; times++) {
            store.deposit(StreamId.of("account-0"), 1);
            executor.execute(compare(0));
        }

        assertThat(saved).hasValueGreaterThan(2 * MAX_UNUSED);
        assertThat(dropped).hasValue(0);
        assertThat(warnings()).isEmpty();
    }

    /** On two streams that no other pair names. */
    private Compare compare(int pair) {
        StreamId first = StreamId.of("account-" + pair);
        if (!store.streamVersion(first).exists()) {
            store.deposit(first, 1);
        }
        return new Compare(first, StreamId.of("other-" + pair));
    }

    private List<ILoggingEvent> warnings() {
        return log.list.stream()
                .filter(line -> line.getLevel().equals(Level.WARN))
                .toList();
    }

    private final class Counting implements SnapshotListener {
        @Override
        public void saved(String commandType) {
            saved.incrementAndGet();
        }

        @Override
        public void used(String commandType) {
            used.incrementAndGet();
        }

        @Override
        public void dropped(String commandType) {
            dropped.incrementAndGet();
        }
    }

    @Snapshot(name = "test.compare", version = 1)
    private record Compare(@Stream StreamId first, @Stream StreamId second) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long events, BankEvent event) {
            return events + 1;
        }

        @Override
        public List<BankEvent> handle(Long events) {
            return List.of();
        }
    }
}
