package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.jdbc.History.Operation;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
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
    private static final long BETWEEN_FAULTS = Long.getLong("eventcore.test.acknowledged-between-faults", 5_000);

    private static final long IN_ALL = BETWEEN_FAULTS * PrimaryFault.values().length * OF_EACH_KIND;

    /** A standby waits for so many seconds, then it has to be elected, promoted and found. */
    private static final long LONGEST_STALL = PatroniCluster.TTL + 3;

    /** A fault, from when it befell the primary to when the next one did. */
    private record Injected(PrimaryFault fault, long began) {}

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
                nodes.forEach(node -> tell(node, "quiet", BankNode.QUIET));
                EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);
                List<RecordedEvent<LedgerEvent>> log = WholeLog.of(store, BankNode.BANK, LedgerEvent.class);
                List<RecordedEvent<LedgerEvent>> projected = WholeLog.of(store, BankNode.PROJECTED, LedgerEvent.class);
                awaitProjections(
                        pool, store, projected.size(), toBeRewarded(log).size(), nodes);
                nodes.forEach(node -> tell(node, "save", BankNode.SAVED));

                History history = History.merged(files);
                List<String> violations = history.violations(log);
                Map<PrimaryFault, Sum> sums = sums(injected, acknowledged(history));
                report(sums, violations);
                assertThat(violations).isEmpty();
                assertThat(appliedPositions(pool))
                        .isEqualTo(projected.stream()
                                .map(event -> event.position().value())
                                .toList());
                assertThat(balances(pool)).isEqualTo(fold(projected));
                assertThat(rewarded(store)).isEqualTo(toBeRewarded(log));
                assertThat(sums.values()).allMatch(sum -> sum.injected == OF_EACH_KIND);
                assertThat(sums.values().stream()
                                .mapToLong(sum -> sum.acknowledged)
                                .sum())
                        .isGreaterThanOrEqualTo(IN_ALL);
                assertThat(sums.values()).allMatch(sum -> sum.longestStall <= LONGEST_STALL * 1_000);
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
        long enough = acknowledged(nodes) + BETWEEN_FAULTS;
        Eventually.until("the bank goes on", () -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(250));
            return acknowledged(nodes) >= enough;
        });
    }

    /** Until nothing is left to do, or nothing more is done. */
    private static void awaitProjections(
            HikariDataSource pool, EventStore store, int projected, int rewards, List<InstanceProcess> nodes) {
        Eventually.until(
                "the projection and the reaction have reached the end",
                () -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(250));
                    return applied(pool) >= projected && rewarded(store).size() >= rewards;
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

    /** How many answers each event has. */
    private static Map<String, Integer> rewarded(EventStore store) {
        Map<String, Integer> rewarded = new TreeMap<>();
        EventFilter bonuses = BankNode.BONUSES;
        WholeLog.of(store, bonuses, LedgerEvent.class)
                .forEach(event -> rewarded.merge(event.metadata().causationId().orElse("none"), 1, Integer::sum));
        return rewarded;
    }

    private static Map<String, Integer> toBeRewarded(List<RecordedEvent<LedgerEvent>> log) {
        Map<String, Integer> expected = new TreeMap<>();
        log.stream()
                .filter(event -> event.event() instanceof Deposited deposited && deposited.cents() == BankNode.REWARDED)
                .forEach(event -> expected.put(event.id().toString(), 1));
        return expected;
    }

    /** When appends were acknowledged, in order. */
    private static List<Long> acknowledged(History history) {
        return history.operations().stream()
                .filter(Operation::isStored)
                .map(Operation::ended)
                .sorted()
                .toList();
    }

    private static final class Sum {
        private int injected;
        private long acknowledged;
        private long longestStall;
    }

    /** What was acknowledged from each fault to the next one, and how long nothing was. */
    private static Map<PrimaryFault, Sum> sums(List<Injected> injected, List<Long> acknowledged) {
        Map<PrimaryFault, Sum> sums = new EnumMap<>(PrimaryFault.class);
        int fault = -1;
        long last = acknowledged.get(0);
        for (long ended : acknowledged) {
            // A pause belongs to the fault within it, although it ends before the next acknowledgement.
            while (fault + 1 < injected.size() && injected.get(fault + 1).began < ended) {
                fault++;
                sums.computeIfAbsent(injected.get(fault).fault, kind -> new Sum()).injected++;
            }
            if (fault >= 0) {
                Sum sum = Objects.requireNonNull(sums.get(injected.get(fault).fault));
                sum.acknowledged++;
                sum.longestStall = Math.max(sum.longestStall, TimeUnit.NANOSECONDS.toMillis(ended - last));
            }
            last = ended;
        }
        return sums;
    }

    private static void report(Map<PrimaryFault, Sum> sums, List<String> violations) {
        System.out.printf("%-14s %9s %13s %14s%n", "fault", "injected", "acknowledged", "longest stall");
        sums.forEach((fault, sum) -> System.out.printf(
                "%-14s %9d %13d %12.1f s%n", fault, sum.injected, sum.acknowledged, sum.longestStall / 1_000.0));
        System.out.printf(
                "of all: %d lost, %d ghosts, %d doubled, %d skipped, %d other violations%n",
                count(violations, "LOST"),
                count(violations, "GHOST"),
                count(violations, "DUPLICATE") + count(violations, "DELIVERED TWICE"),
                count(violations, "SKIPPED"),
                violations.stream()
                        .filter(text -> List.of("LOST", "GHOST", "DUPLICATE", "DELIVERED TWICE", "SKIPPED").stream()
                                .noneMatch(text::startsWith))
                        .count());
    }

    private static long count(List<String> violations, String kind) {
        return violations.stream().filter(text -> text.startsWith(kind)).count();
    }
}
