package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * What projections cost that have nothing to do, in statements.
 *
 * <p>The clock is the library's own: it reads the state of all projections once a second. Between two of these statements
 * lies at least a second, so what is sent from one to the next is what a second costs at most.
 */
class IdleProjectionStatementsTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final int PROJECTIONS = 20;
    private static final int SECONDS = 5;
    private static final int ALLOWED_IN_A_SECOND = 25;

    private final String prefix = DATABASE.newTables();
    private final WatchedDataSource watched = new WatchedDataSource(DATABASE.dataSource());
    private final AppendSignal signal = new AppendSignal();
    private final PostgreSqlNotifications notifications = new PostgreSqlNotifications(watched, prefix, signal);

    @Test
    void twenty_idle_projections_send_fewer_than_25_statements_a_second() {
        ProjectionRunner runner = twentyProjections();
        notifications.start();
        runner.start();
        try {
            Eventually.until(
                    "all have caught up",
                    () -> runner.status().stream()
                            .allMatch(status -> status.partitions().get(0).state() == ProjectionState.LIVE));
            // The pauses between two looks at the log double until they are a second.
            awaitSeconds(2);
            int before = watched.sent().size();

            awaitSeconds(SECONDS + 1);

            List<String> sent = watched.sent();
            assertThat(sent.subList(before, sent.size()))
                    .as("statements in %d seconds: %s", SECONDS, kinds(sent.subList(before, sent.size())))
                    .hasSizeLessThan(ALLOWED_IN_A_SECOND * SECONDS);
        } finally {
            runner.stop();
            notifications.stop();
        }
    }

    private ProjectionRunner twentyProjections() {
        ProjectionRunner.Builder builder = ProjectionRunner.builder(
                        TestDatabase.builder(watched, prefix)
                                .appendListener(signal)
                                .build(),
                        TestDatabase.jdbc(watched, prefix).projectionStore())
                .transactionManager(new JdbcTransactionManager(watched))
                .wokenBy(signal);
        for (int i = 0; i < PROJECTIONS; i++) {
            builder.projection(
                    Projection.named("projection-" + i, LedgerEvent.class).build());
        }
        return builder.build();
    }

    private void awaitSeconds(int seconds) {
        long before = looks();
        Eventually.until("the state was read so often", () -> looks() >= before + seconds);
    }

    private long looks() {
        return watched.sent("FROM " + prefix + "projection\n");
    }

    private static Map<String, Long> kinds(List<String> statements) {
        return statements.stream().collect(Collectors.groupingBy(sql -> sql, Collectors.counting()));
    }
}
