package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.TransientEventStoreException;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.SerialDecider;
import io.eventcore.test.contract.SerialDecider.Storing;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * A process that decides on random tags at several threads and says each decision in one line. Each line that it hears is the
 * number of the next epoch; it ends when its input ends, with a line of counts.
 */
final class DecidingNode {
    static final String READY = "READY";
    static final String ENDED = "ENDED ";
    private static final int THREADS = 3;

    /** What drivers log must not come between the lines that are said. */
    private static final PrintStream SAID = System.out;

    private final SerialDecider decider;
    private final List<Storing> kinds;
    private final AtomicInteger deadlocks = new AtomicInteger();
    private volatile int epoch;
    private volatile boolean ends;

    private DecidingNode(SerialDecider decider, List<Storing> kinds) {
        this.decider = decider;
        this.kinds = kinds;
    }

    /**
     * Arguments: URL, user and password of the database, prefix of the tables, number of the process, "batches" or "single", and how
     * decisions are stored, each of them as often.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.setOut(System.err);
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(2 * THREADS);
        List<Storing> kinds = new ArrayList<>();
        for (int i = 6; i < args.length; i++) {
            kinds.add(Storing.valueOf(args[i]));
        }
        int process = Integer.parseInt(args[4]);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            JdbcEventStore store = TestDatabase.jdbc(pool, args[3])
                    .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                    .groupCommit(args[5].equals("batches") ? GroupCommitSettings.defaults() : GroupCommitSettings.off())
                    .build();
            new DecidingNode(
                            new SerialDecider(store, new JdbcTransactionManager(pool), ((long) process + 1) << 40),
                            kinds)
                    .run(process);
        }
    }

    private void run(int process) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> deciding = new ArrayList<>();
        say(READY);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            epoch = Integer.parseInt(line);
            while (deciding.size() < THREADS) {
                Random random = new Random(31L * process + deciding.size());
                deciding.add(threads.submit(() -> decide(random)));
            }
        }
        ends = true;
        for (Future<?> one : deciding) {
            try {
                one.get();
            } catch (ExecutionException e) {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                System.err.println(trace);
                say("FAILED " + e.getCause());
            }
        }
        threads.shutdown();
        say(ENDED
                + "process %d: %d refused, %d of them without a reason, %d deadlocks"
                        .formatted(process, decider.refused(), decider.refusedWithoutReason(), deadlocks.get()));
    }

    private void decide(Random random) {
        while (!ends) {
            Storing storing = kinds.get(random.nextInt(kinds.size()));
            decide(storing, random).ifPresent(DecidingNode::say);
        }
    }

    private Optional<String> decide(Storing storing, Random random) {
        try {
            return decider.decide(storing, epoch, random).map(made -> storing + " " + made.toLine());
        } catch (TransientEventStoreException deadlock) {
            deadlocks.incrementAndGet();
            return Optional.empty();
        }
    }

    private static void say(String line) {
        SAID.println(line);
        SAID.flush();
    }
}
