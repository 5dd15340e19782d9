package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

class SnapshotsPropertyTest {
    private final AtomicInteger saved = new AtomicInteger();
    private final AtomicInteger used = new AtomicInteger();

    private final ApplicationContextRunner application = Applications.withH2()
            .withBean(SnapshotListener.class, Counting::new)
            .withPropertyValues("eventcore.snapshots.after-events=1");

    @Test
    void states_are_stored_and_used() {
        application.run(started -> {
            countTwice(started);
            await().atMost(Duration.ofSeconds(60)).until(() -> saved.get() > 0);
            count(started);

            assertThat(used).hasPositiveValue();
        });
    }

    @Test
    void how_many_may_be_stored_in_vain_can_be_set() {
        application
                .withPropertyValues("eventcore.snapshots.max-unused=7")
                .run(started -> assertThat(
                                started.getBean(SnapshotSettings.class).maxUnused())
                        .isEqualTo(7));
    }

    @Test
    void not_one_is_stored_or_used_where_they_are_switched_off() {
        application.withPropertyValues("eventcore.snapshots.enabled=false").run(started -> countTwice(started));

        // The application has ended, and everything that was under way with it.
        assertThat(saved).hasValue(0);
        assertThat(used).hasValue(0);
    }

    private static void countTwice(ApplicationContext started) {
        count(started);
        count(started);
    }

    private static void count(ApplicationContext started) {
        started.getBean(CommandExecutor.class).execute(new Counted(StreamId.of("account-ada")));
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
    }

    @Snapshot(name = "test.counted", version = 1)
    private record Counted(@Stream StreamId account) implements Command<Long, BankEvent> {
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
            return List.of(new Deposited(account, events));
        }
    }
}
