package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the code of a state throws may quote it, and stays out of the log. */
class SnapshotSecretsTest {
    private static final StreamId A = StreamId.of("a");
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(CommandSnapshot.class);

    private final ScriptedStore store = new ScriptedStore();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        LOG.detachAppender(log);
    }

    record Talkative(int deposits) {
        @Override
        public boolean equals(Object other) {
            throw new IllegalStateException("a secret");
        }

        @Override
        public int hashCode() {
            return deposits;
        }
    }

    @Snapshot(name = "test.talkative", version = 1)
    private record Look(@Stream StreamId account) implements Command<Talkative, BankEvent> {
        @Override
        public Talkative initialState() {
            return new Talkative(0);
        }

        @Override
        public Talkative apply(Talkative state, BankEvent event) {
            return new Talkative(state.deposits + 1);
        }

        @Override
        public List<BankEvent> handle(Talkative state) {
            return List.of();
        }
    }

    @Test
    void the_log_names_the_command_and_the_type_of_the_exception_alone() {
        store.deposit(A, 100);

        CommandExecutor.builder(store)
                .snapshots(
                        new InMemorySnapshotStore(),
                        SnapshotSettings.defaults().withAfterEvents(1).withExecutor(Runnable::run))
                .build()
                .execute(new Look(A));

        assertThat(log.list).hasSize(1);
        ILoggingEvent warning = log.list.get(0);
        assertThat(warning.getFormattedMessage()).contains("Look");
        assertThat(ThrowableProxyUtil.asString(warning.getThrowableProxy()))
                .contains("IllegalStateException")
                .doesNotContain("secret");
    }
}
