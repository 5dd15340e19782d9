package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.jdbc.FaultFigures.Injected;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Two instances of an application in processes of their own, on a cluster whose primary is taken from them again and again:
 * one reaches it by HAProxy, the other by the driver. Neither is started anew.
 */
@Tag("cluster")
class PatroniHistoryTest {
    private static final int OF_EACH_KIND = Integer.getInteger("eventcore.test.failovers-of-each-kind", 5);
    private static final int CLIENTS = 24;

    /** So many appends are acknowledged after each fault, over both instances, before the next one. */
    private static final long BETWEEN_FAULTS = Long.getLong("eventcore.test.acknowledged-between-faults", 500);

    private static final long IN_ALL = Long.getLong("eventcore.test.acknowledged-in-all", 100_000);

    /** A standby waits for so many seconds, then it has to be elected, promoted and found. */
    private static final long LONGEST_STALL =
            Long.getLong("eventcore.test.longest-stall-seconds", PatroniCluster.TTL + 3);

    /** What the read model has and the log has not. */
    private static final UUID NOWHERE = new UUID(0, 0);

    @Test
    void no_failover_loses_doubles_or_skips_anything_and_writes_go_on_by_themselves(@TempDir Path directory)
            throws Exception {
        List<PrimaryFault> faults = new ArrayList<>();
        for (int i = 0; i < OF_EACH_KIND; i++) {
            faults.addAll(List.of(PrimaryFault.values()));
        }
        Collections.shuffle(faults, new Random(19));
        List<Path> files = List.of(directory.resolve("one"), directory.resolve("two"));
        List<InstanceProcess> nodes = new ArrayList<>();
        try (PatroniCluster cluster = PatroniCluster.start();
                HikariDataSource pool = PatroniCluster.pool(cluster.balancedUrl(), PatroniNode.USER, 4)) {
            createTables(pool);
            try {
                nodes.add(start(cluster.balancedUrl(), files.get(0)));
                nodes.add(start(cluster.multiHostUrl(), files.get(1)));
                nodes.forEach(node -> assertThat(node.hear()).isEqualTo(BankNode.READY));

                List<Injected> injected = new ArrayList<>();
                for (PrimaryFault fault : faults) {
                    awaitMoreAcknowledged(nodes);
                    cluster.awaitHealthy();
                    PatroniNode primary = cluster.primary();
                    injected.add(new Injected(fault, System.nanoTime()));
                    fault.befall(primary);
                    cluster.awaitOtherPrimaryThan(primary);
                    fault.end(primary);
                }
                awaitMoreAcknowledged(nodes);
                cluster.awaitHealthy();
                awaitAcknowledged(nodes, IN_ALL);
                nodes.forEach(node -> tell(node, "quiet", BankNode.QUIET));
                EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
                List<RecordedEvent<LedgerEvent>> log = WholeLog.of(store, BankNode.BANK, LedgerEvent.class);
                List<RecordedEvent<LedgerEvent>> projected = WholeLog.of(store, BankNode.PROJECTED, LedgerEvent.class);
                awaitProjections(
                        pool, store, projected.size(), toBeAnswered(log).size(), nodes);
                nodes.forEach(node -> tell(node, "save", BankNode.SAVED));

                History history = History.merged(files);
                List<String> violations = history.violations(log);
                Map<Long, UUID> ids = idsByPosition(projected);
                List<Long> applied = appliedPositions(pool);
                List<String> answered = answered(store);
                FaultFigures figures = new FaultFigures(injected, history, ids(log));
                figures.countDeliveries(
                        ids(projected),
                        applied.stream()
                                .map(position -> ids.getOrDefault(position, NOWHERE))
                                .toList());
                figures.countDeliveries(
                        toBeAnswered(log).stream().map(UUID::fromString).toList(),
                        answered.stream().map(UUID::fromString).toList());
                System.out.printf("%s%n%d other violations%n", figures, violations.size());

                assertThat(violations).isEmpty();
                assertThat(applied)
                        .isEqualTo(projected.stream()
                                .map(event -> event.position().value())
                                .toList());
                assertThat(balances(pool)).isEqualTo(fold(projected));
                assertThat(answered).containsExactlyInAnyOrderElementsOf(toBeAnswered(log));
                assertThat(PrimaryFault.values()).allSatisfy(kind -> {
                    FaultFigures.Row row = figures.row(kind);
                    assertThat(row.injected()).isEqualTo(OF_EACH_KIND);
                    assertThat(row.broken()).isZero();
                    assertThat(row.longestStall())
                            .isLessThanOrEqualTo(TimeUnit.SECONDS.toMillis(LONGEST_STALL + kind.secondsMore()));
                });
                assertThat(figures.acknowledged()).isGreaterThanOrEqualTo(IN_ALL);
            } finally {
                nodes.forEach(InstanceProcess::kill);
            }
        }
    }

    private static void createTables(HikariDataSource pool) {
        for (String role : List.of(TestDatabase.APP, TestDatabase.READER)) {
            TestDatabase.execute(pool, "CREATE ROLE " + role + " LOGIN");
        }
        JdbcSchema schema = JdbcSchema.in(pool);
        schema.create();
        TestDatabase.execute(pool, schema.rolesScript(TestDatabase.APP, TestDatabase.READER));
        String table = TableNames.DEFAULT_PREFIX + "applied";
        TestDatabase.execute(
                pool,
                "CREATE TABLE " + table + " (position BIGINT NOT NULL, account TEXT NOT NULL, cents BIGINT NOT NULL)");
        TestDatabase.execute(pool, "GRANT SELECT, INSERT ON " + table + " TO " + TestDatabase.APP);
    }

    private static InstanceProcess start(String url, Path file) {
        return new InstanceProcess(
                List.of("-Xmx768m"),
                BankNode.class,
                List.of(url, TestDatabase.APP, TableNames.DEFAULT_PREFIX, Integer.toString(CLIENTS), file.toString()));
    }

    private static void tell(InstanceProcess node, String line, String answer) {
        node.tell(line);
        assertThat(node.hear()).isEqualTo(answer);
    }

    private static long acknowledged(List<InstanceProcess> nodes) {
        long sum = 0;
        for (InstanceProcess node : nodes) {
            node.tell("count");
            sum += Long.parseLong(node.hear());
        }
        return sum;
    }

    private static void awaitMoreAcknowledged(List<InstanceProcess> nodes) {
        awaitAcknowledged(nodes, acknowledged(nodes) + BETWEEN_FAULTS);
    }

    private static void awaitAcknowledged(List<InstanceProcess> nodes, long enough) {
        Eventually.until("%d appends are acknowledged".formatted(enough), () -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(250));
            return acknowledged(nodes) >= enough;
        });
    }

    /** Until nothing is left to do, or nothing more is done. */
    private static void awaitProjections(
            HikariDataSource pool, EventStore store, int projected, int answers, List<InstanceProcess> nodes) {
        Eventually.until(
                "the projection and the reaction have reached the end",
                () -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(250));
                    return applied(pool) >= projected && answered(store).size() >= answers;
                },
                () -> nodes.stream().map(PatroniHistoryTest::state).toList());
    }

    private static String state(InstanceProcess node) {
        node.tell("state");
        return node.hear();
    }

    private static long applied(HikariDataSource pool) {
        return JdbcClient.create(pool)
                .sql("SELECT count(*) FROM eventcore_applied")
                .query(Long.class)
                .single();
    }

    private static List<Long> appliedPositions(HikariDataSource pool) {
        return JdbcClient.create(pool)
                .sql("SELECT position FROM eventcore_applied ORDER BY position")
                .query(Long.class)
                .list();
    }

    private static Map<String, Long> balances(HikariDataSource pool) {
        Map<String, Long> balances = new TreeMap<>();
        JdbcClient.create(pool)
                .sql("SELECT account, sum(cents) FROM eventcore_applied GROUP BY account")
                .query((row, number) -> balances.put(row.getString(1), row.getLong(2)))
                .list();
        return balances;
    }

    private static Map<String, Long> fold(List<RecordedEvent<LedgerEvent>> log) {
        Map<String, Long> balances = new TreeMap<>();
        log.forEach(event -> balances.merge(event.streamId().value(), ProjectionNode.cents(event.event()), Long::sum));
        return balances;
    }

    /** The events that the reaction has answered, one for each answer. */
    private static List<String> answered(EventStore store) {
        return WholeLog.of(store, BankNode.BONUSES, LedgerEvent.class).stream()
                .map(event -> event.metadata().causationId().orElseThrow())
                .toList();
    }

    private static List<String> toBeAnswered(List<RecordedEvent<LedgerEvent>> log) {
        return log.stream()
                .filter(event -> event.event() instanceof Deposited deposited && deposited.cents() == BankNode.REWARDED)
                .map(event -> event.id().toString())
                .toList();
    }

    private static List<UUID> ids(List<RecordedEvent<LedgerEvent>> log) {
        return log.stream().<UUID>map(RecordedEvent::id).toList();
    }

    private static Map<Long, UUID> idsByPosition(List<RecordedEvent<LedgerEvent>> log) {
        Map<Long, UUID> ids = new HashMap<>();
        log.forEach(event -> ids.put(event.position().value(), event.id()));
        return ids;
    }
}
