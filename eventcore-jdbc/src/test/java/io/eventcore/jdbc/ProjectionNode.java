package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * One instance of an application in a process of its own: transfers money, and runs a projection of it.
 *
 * <p>Told by lines on its input: {@code hold} (stop inside the next {@code apply}, say HOLDING, and go on at {@code go}),
 * {@code quiet} (transfer no more, say QUIET). It ends when its input ends.
 */
final class ProjectionNode {
    static final String READY = "READY";
    static final String HOLDING = "HOLDING";
    static final String QUIET = "QUIET";
    static final String PROJECTION = "applied";
    static final Duration LEASE = Duration.ofSeconds(2);

    private final JdbcClient jdbc;
    private final String table;
    private volatile boolean quiet;
    private volatile boolean holdNext;
    private volatile CountDownLatch go = new CountDownLatch(0);

    private ProjectionNode(JdbcClient jdbc, String table) {
        this.jdbc = jdbc;
        this.table = table;
    }

    /** Arguments: URL, user and password of the database, prefix of the tables, name of the mutation. */
    public static void main(String[] args) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(8);
        HikariDataSource pool = new HikariDataSource(config);
        String prefix = args[3];
        ProjectionNode node = new ProjectionNode(JdbcClient.create(pool), prefix + "applied");
        AppendSignal signal = new AppendSignal();
        EventStore events = TestDatabase.jdbc(pool, prefix)
                .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .appendListener(signal)
                .build();
        ProjectionStore store = ProjectionMutation.valueOf(args[4])
                .of(TestDatabase.jdbc(pool, prefix).projectionStore());
        ProjectionRunner.builder(events, store)
                .transactionManager(new JdbcTransactionManager(pool))
                .lease(LEASE)
                .batchSize(20)
                .poll(Duration.ofMillis(5), Duration.ofMillis(100))
                .wokenBy(signal)
                .projection(Projection.named(PROJECTION, LedgerEvent.class)
                        .on(LedgerEvent.class, node::apply)
                        .build())
                .build()
                .start();
        Thread transfers = new Thread(() -> node.transfer(events));
        transfers.setDaemon(true);
        transfers.start();
        say(READY);
        node.obey();
        Runtime.getRuntime().halt(0);
    }

    private void apply(RecordedEvent<LedgerEvent> event) throws InterruptedException {
        jdbc.sql("INSERT INTO " + table + " (position, account, cents) VALUES (?, ?, ?)")
                .params(event.position().value(), event.streamId().value(), cents(event.event()))
                .update();
        if (holdNext) {
            holdNext = false;
            CountDownLatch wait = go;
            say(HOLDING);
            wait.await();
        }
    }

    static long cents(LedgerEvent event) {
        return event instanceof Deposited deposited
                ? deposited.cents()
                : event instanceof Withdrawn withdrawn ? -withdrawn.cents() : 0;
    }

    private void transfer(EventStore events) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (!quiet) {
            int from = random.nextInt(10);
            StreamId source = StreamId.of("account-" + from);
            StreamId target = StreamId.of("account-" + (from + 1 + random.nextInt(9)) % 10);
            try {
                events.appendEvents(StreamWrites.empty()
                        .registerStream(source, any())
                        .registerStream(target, any())
                        .append(new Withdrawn(source, 1))
                        .append(new Deposited(target, 1)));
            } catch (EventStoreException failed) {
                say(failed.getClass().getSimpleName());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        say(QUIET);
    }

    private void obey() throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            switch (line) {
                case "hold" -> {
                    go = new CountDownLatch(1);
                    holdNext = true;
                }
                case "go" -> {
                    holdNext = false;
                    go.countDown();
                }
                case "quiet" -> quiet = true;
                default -> throw new IllegalArgumentException(line);
            }
        }
    }

    private static void say(String word) {
        System.out.println(word);
        System.out.flush();
    }
}
