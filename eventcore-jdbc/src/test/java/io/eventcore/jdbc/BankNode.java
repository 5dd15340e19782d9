package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.jdbc.History.Told;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.ForwardingEventStore;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.transaction.TransactionPhase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * One instance of an application in a process of its own: its clients append and execute commands, it runs a projection
 * with a read model in the database and a reaction, and reads the log, whatever becomes of the database.
 *
 * <p>Told by lines on its input, it answers each by one line: {@code count} (how many appends are acknowledged), {@code
 * state} (of the projections), {@code quiet} (its clients stop, and what is unknown is settled) and {@code save} (reads the
 * log to its end and writes its history to the file). It ends when its input ends.
 */
final class BankNode {
    static final String READY = "READY";
    static final String QUIET = "QUIET";
    static final String SAVED = "SAVED";

    /** Everything that clients append; what the reaction does stands elsewhere. */
    static final EventFilter BANK = EventFilter.prefix(StreamPrefix.of("bank"));

    /** What the projection takes: nearly half of it, so that it keeps pace, each event by a statement of its own. */
    static final EventFilter PROJECTED = EventFilter.prefix(StreamPrefix.of("bank1"));

    static final EventFilter BONUSES = EventFilter.prefix(StreamPrefix.of("bonus"));

    /** A deposit of so much is answered by the reaction. */
    static final long REWARDED = 7;

    private static final int ACCOUNTS = 50;
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final int PAGE = 1_000;

    /** What drivers log must not come between the lines that are said. */
    private static final PrintStream SAID = System.out;

    private final EventStore store;
    private final JdbcTransactionManager transactions;
    private final History history = new History(System::nanoTime);
    private final ProjectionRunner runner;
    private volatile boolean quiet;
    private volatile boolean saving;

    private BankNode(HikariDataSource pool, String prefix) {
        JdbcDatabase database = TestDatabase.jdbc(pool, prefix);
        AppendSignal signal = new AppendSignal();
        this.store = database.eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                .appendListener(signal)
                .build();
        this.transactions = new JdbcTransactionManager(pool);
        transactions.addListener(TransactionPhase.listener());
        JdbcClient jdbc = JdbcClient.create(pool);
        CommandExecutor bonuses = CommandExecutor.builder(store)
                .executedCommands(database.executedCommands())
                .build();
        this.runner = ProjectionRunner.builder(store, database.projectionStore())
                .transactionManager(transactions)
                .lease(Duration.ofSeconds(5))
                .wokenBy(signal)
                .projection(Projection.named("applied", LedgerEvent.class)
                        .filter(PROJECTED)
                        .on(LedgerEvent.class, event -> apply(jdbc, prefix + "applied", event))
                        .build())
                .projection(Reaction.asProjection(
                        Reaction.named("bonuses", LedgerEvent.class)
                                .filter(BANK)
                                .on(Deposited.class, BankNode::bonusFor)
                                .build(),
                        bonuses))
                .build();
    }

    /** Arguments: URL and user of the database, prefix of the tables, number of clients, file of the history. */
    public static void main(String[] args) throws Exception {
        System.setOut(System.err);
        int clients = Integer.parseInt(args[3]);
        BankNode node = new BankNode(PatroniCluster.pool(args[0], args[1], 12), args[2]);
        node.run(clients, Path.of(args[4]));
        Runtime.getRuntime().halt(0);
    }

    private void run(int clients, Path file) throws IOException, InterruptedException, ExecutionException {
        runner.start();
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<?>> running = new ArrayList<>();
        CommandExecutor commands = CommandExecutor.builder(recording()).build();
        for (int i = 0; i < clients; i++) {
            long seed = ProcessHandle.current().pid() * 1_000 + i;
            String bank = "bank" + i;
            Runnable client = i % 4 == 0
                    ? new BankClient(store, transactions, history, seed, bank)::act
                    : () -> execute(commands, new Random(seed + System.nanoTime()), bank);
            running.add(threads.submit(() -> {
                while (!quiet) {
                    client.run();
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }));
        }
        Future<GlobalPosition> reader = threads.submit(this::read);
        say(READY);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            switch (line) {
                case "count" -> say(Long.toString(history.count(Told.STORED)));
                case "state" -> say(runner.status().toString().replace('\n', ' '));
                case "quiet" -> {
                    quiet = true;
                    for (Future<?> client : running) {
                        client.get();
                    }
                    BankClient.settle(history, store);
                    say(QUIET);
                }
                case "save" -> {
                    saving = true;
                    history.deliver(WholeLog.after(reader.get(), store, BANK, LedgerEvent.class));
                    history.save(file);
                    say(SAVED);
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
        runner.stop();
        threads.shutdownNow();
    }

    private EventStore recording() {
        return new ForwardingEventStore(store) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                return writes.events().isEmpty() ? super.appendEvents(writes) : history.append(delegate(), writes);
            }
        };
    }

    private static void execute(CommandExecutor commands, Random random, String bank) {
        StreamId account = StreamId.of(bank + "-till-" + random.nextInt(ACCOUNTS));
        StreamId other = StreamId.of(bank + "-till-" + random.nextInt(ACCOUNTS));
        try {
            int dice = random.nextInt(10);
            if (random.nextInt(100) == 0) {
                commands.execute(new Deposit(account, REWARDED));
            } else if (dice < 6 || account.equals(other)) {
                commands.execute(new Deposit(account, 1 + dice));
            } else {
                commands.execute(new Move(account, other, 3));
            }
        } catch (EventStoreException | RetriesExhaustedException | Overdrawn noted) {
            // The history has what was asked of the store.
        }
    }

    private GlobalPosition read() {
        GlobalPosition read = GlobalPosition.START;
        while (!saving) {
            read = BankClient.read(store, BANK, EventPage.after(read, PAGE), history);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        return read;
    }

    private static void apply(JdbcClient jdbc, String table, RecordedEvent<LedgerEvent> event) {
        jdbc.sql("INSERT INTO " + table + " (position, account, cents) VALUES (?, ?, ?)")
                .params(event.position().value(), event.streamId().value(), ProjectionNode.cents(event.event()))
                .update();
    }

    private static List<Command<?, ?>> bonusFor(RecordedEvent<Deposited> event) {
        return event.event().cents() == REWARDED
                ? List.of(new Deposit(
                        StreamId.of("bonus-" + Math.floorMod(event.id().hashCode(), 10)), 1))
                : List.of();
    }

    private static void say(String line) {
        SAID.println(line);
        SAID.flush();
    }

    private static final class Overdrawn extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
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
            return List.of(new Deposited(account, cents));
        }
    }

    private record Move(@Stream StreamId from, @Stream StreamId to, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return event.account().equals(from) ? balance + ProjectionNode.cents(event) : balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            if (balance < cents) {
                throw new Overdrawn();
            }
            return List.of(new Withdrawn(from, cents), new Deposited(to, cents));
        }
    }
}
