package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * One instance of an application in a process of its own: pays into accounts from which nothing was withdrawn in the first
 * seconds, whatever is in them then. It ends when its input ends.
 */
final class DeadlineNode {
    static final String READY = "READY";
    static final String REACTION = "closing";
    static final Duration DELAY = Duration.ofSeconds(4);
    static final Duration LEASE = Duration.ofSeconds(2);

    private DeadlineNode() {}

    /** Arguments: URL, user and password of the database, prefix of the tables. */
    public static void main(String[] args) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(6);
        HikariDataSource pool = new HikariDataSource(config);
        JdbcDatabase database = TestDatabase.jdbc(pool, args[3]);
        AppendSignal signal = new AppendSignal();
        EventStore events = database.eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .appendListener(signal)
                .build();
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(database.executedCommands())
                .build();
        Reaction<LedgerEvent> closing = Reaction.named(REACTION, LedgerEvent.class)
                .on(Opened.class)
                .after(DELAY)
                .unless(Withdrawn.class)
                .execute(event -> new Pay(event.streamId()))
                .partitions(2)
                .build();
        ProjectionRunner.builder(events, database.projectionStore())
                .lease(LEASE)
                .poll(Duration.ofMillis(5), Duration.ofMillis(100))
                .wokenBy(signal)
                .projection(Reaction.asProjection(closing, executor))
                .build()
                .start();
        System.out.println(READY);
        System.out.flush();
        while (System.in.read() >= 0) {
            // Nothing is told.
        }
        Runtime.getRuntime().halt(0);
    }

    private record Pay(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, LedgerEvent event) {
            return state;
        }

        @Override
        public List<LedgerEvent> handle(Long state) {
            return List.of(new Deposited(account, 1));
        }
    }
}
