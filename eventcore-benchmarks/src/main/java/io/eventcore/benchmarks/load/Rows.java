package io.eventcore.benchmarks.load;

import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.WarmStreamSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything that is measured, with the numbers from the list of targets. */
final class Rows {
    static final String RAW = "raw insert";
    static final String STORE = "eventcore";
    private static final String TWO_ROWS = "raw insert of two rows";
    private static final String DIRECT = "eventcore, group commit off";
    private static final String NO_QUEUE = "eventcore, queue off";
    private static final String COLD = "eventcore, every stream read";

    /** How many events of the log a lone client reads at a time. */
    private static final int ALONE_LOG = 1_000;

    /** How many threads each of two processes has. */
    private static final int THREADS_OF_TWO = 32;

    static final String AXON_4 = "Axon 4 JDBC";
    /** The work whose throughput a plot shows, and the candidates in that plot. */
    static final String YOUNG_STREAM = "1 event to a young stream";

    static final Set<String> PLOTTED = Set.of(RAW, STORE, AXON_4);
    static final String YOUNG = "young streams, events: ";
    static final String OLD = "old streams, events: ";
    private static final String AXON_5 = "Axon 5 JPA";
    private static final String NAMESAKE = "namesake (protocol replay)";

    /** Read only, so that its streams keep their lengths. */
    private final Filled read;

    /** Only commands that know its streams may append to it. */
    private final Filled decided;

    /** Commands that read its streams append to it. */
    private final Filled cold;

    private final Filled large;

    /** As large, with events that hold decimals. */
    private final Filled priced;

    /** Between empty and large. */
    private final List<Filled> smaller;

    /** How many events the longest stream has. */
    private final int longest;

    private final boolean peers;

    /**
     * The rows.
     *
     * @param million how many events stand for a million: fewer for a smoke test, more for a big run
     * @param peers whether the peers are measured as well
     */
    Rows(int million, boolean peers) {
        this.peers = peers;
        this.read = new Filled(
                "read_", Math.max(200, million / 50), Map.of(1_000, Math.max(2, million / 20_000), million / 10, 1));
        this.decided = new Filled("decided_", Math.max(200, million / 50), Map.of());
        this.cold = new Filled("cold_", Math.max(200, million / 50), Map.of());
        this.large = new Filled("large_", million / Stores.EVENTS_PER_STREAM, Map.of());
        this.priced = new Filled("priced_", million / Stores.EVENTS_PER_STREAM, Map.of(), BenchEvent::priced);
        this.smaller = List.of(filled("percent_", Math.max(2_000, million / 100)), filled("tenth_", million / 10));
        this.longest = million / 10;
    }

    private static Filled filled(String prefix, int events) {
        return new Filled(prefix, events / Stores.EVENTS_PER_STREAM, Map.of());
    }

    Filled large() {
        return large;
    }

    List<Row> all() {
        List<Row> rows = new ArrayList<>();
        rows.add(row("0", "round trip", 1, List.of(Limits.selectOne("SELECT 1"), Limits.insert(RAW)), List.of()));
        rows.add(append("1", 1, List.of(Target.speed(STORE, RAW, 0.85)), 1.1));
        rows.addAll(alone());
        rows.add(row(
                "1 (2 streams)",
                "1 event to each of 2 young streams",
                1,
                List.of(Limits.insertTwo(TWO_ROWS), Stores.transfer(STORE, Stores.empty("transfer_"))),
                List.of(Target.speed(STORE, TWO_ROWS, 0.95))));
        rows.add(append("11", 16, List.of(Target.speed(STORE, RAW, 1.4)), 2.4));
        rows.add(append(
                "2",
                64,
                List.of(
                        Target.speed(STORE, RAW, 3),
                        Target.figure("server CPU us", STORE, 42, Sample::serverCpuMicros)),
                3));
        rows.add(append(
                "3",
                256,
                List.of(
                        Target.speed(STORE, RAW, 3.5),
                        Target.figure("p99 / p50", STORE, 15, sample -> sample.p99() / sample.p50())),
                0));
        rows.add(row(
                "4",
                "1,000 events per append (counted as events)",
                1,
                List.of(Limits.copyIn("COPY in", 1_000), Stores.appendMany(STORE, Stores.empty("many_"), 1_000)),
                List.of(Target.speed(STORE, "COPY in", 0.90))));
        rows.add(transfer());
        rows.add(row(
                "6",
                "whole command over 2 streams of about 10 events",
                64,
                List.of(
                        Limits.insert(RAW),
                        Stores.command(STORE, decided, WarmStreamSettings.defaults()),
                        Stores.command(COLD, cold, WarmStreamSettings.off())),
                List.of(Target.speed(STORE, RAW, 1.3), Target.speed(COLD, RAW, 0.6))));
        rows.addAll(shared());
        rows.add(hot());
        rows.add(racedByHand());
        rows.add(readStream("8a", Stores.EVENTS_PER_STREAM, 0.9, 200));
        rows.add(readStream("8b", 1_000, 0.7, 20));
        rows.add(readLongStream());
        rows.add(readLog());
        rows.add(readLogUpcast("9u", "", large));
        rows.add(readLogUpcast("9d", " with decimals", priced));
        rows.add(growth("10 (1 thread)", 1));
        rows.add(growth("10 (64 threads)", 64));
        rows.add(row(
                "10b",
                "1 event resting on a stream common to all",
                64,
                List.of(Limits.insert(RAW), Stores.guarded(STORE, Stores.empty("guard_"))),
                List.of(Target.speed(STORE, RAW, 1.5))));
        rows.add(convoy());
        return rows;
    }

    /** Whether a lone client pays for the queues that many clients need. */
    private List<Row> alone() {
        Stores.Source direct = Stores.direct("direct_");
        Stores.Source together = Stores.empty("together_");
        return List.of(
                alone("append", YOUNG_STREAM, Stores.append(DIRECT, direct), Stores.append(STORE, together)),
                alone(
                        "transfer",
                        "1 event to each of 2 young streams",
                        Stores.transfer(DIRECT, direct),
                        Stores.transfer(STORE, together)),
                alone(
                        "read 10",
                        "read a stream of 10 events, decoded",
                        Stores.readStream(DIRECT, Stores.directly(read), read, Stores.EVENTS_PER_STREAM),
                        Stores.readStream(STORE, read, Stores.EVENTS_PER_STREAM)),
                alone(
                        "log",
                        "read the log, %,d events a time, decoded (counted as events)".formatted(ALONE_LOG),
                        Stores.readLog(DIRECT, Stores.directly(read), read, ALONE_LOG),
                        Stores.readLog(STORE, read, ALONE_LOG)));
    }

    private static Row alone(String what, String work, Candidate direct, Candidate store) {
        return row("1b (" + what + ")", work, 1, List.of(direct, store), List.of(Target.speed(STORE, DIRECT, 0.99)));
    }

    /** Whether two processes that write to the same streams are ever slower because of what each of them remembers. */
    private List<Row> shared() {
        List<Row> rows = new ArrayList<>();
        for (int percent : List.of(0, 10, 25, 50, 100)) {
            rows.add(row(
                    "6b (%d %% shared)".formatted(percent),
                    "whole command over 2 streams, two processes",
                    THREADS_OF_TWO,
                    List.of(
                            SharingProcesses.command(COLD, cold, percent, THREADS_OF_TWO, false),
                            SharingProcesses.command(STORE, decided, percent, THREADS_OF_TWO, true)),
                    List.of(Target.speed(STORE, COLD, 0.95))));
        }
        return rows;
    }

    /** Whether appends to other streams slow down while a foreign transaction holds one stream. */
    private static Row convoy() {
        String free = "undisturbed";
        String held = "while a stream is held";
        return row(
                "convoy",
                "1 event to a young stream",
                64,
                List.of(
                        Stores.append(free, Stores.empty("free_")),
                        HeldStream.append(held, Stores.empty("held_"), "held_")),
                List.of(Target.speed(held, free, 0.5)));
    }

    /** The row for other databases. */
    static List<Row> on(String database) {
        return List.of(row(
                "15 (" + database + ")",
                YOUNG_STREAM,
                64,
                List.of(Limits.insert(RAW), Stores.append(STORE, Stores.empty("append_"))),
                List.of(Target.speed(STORE, RAW, 0.9))));
    }

    private static Row row(String number, String work, int threads, List<Candidate> candidates, List<Target> targets) {
        return new Row(number, work, threads, candidates, targets);
    }

    private Row append(String number, int threads, List<Target> own, double timesAxon4) {
        List<Candidate> candidates =
                new ArrayList<>(List.of(Limits.insert(RAW), Stores.append(STORE, Stores.empty("append_"))));
        List<Target> targets = new ArrayList<>(own);
        if (peers && timesAxon4 > 0) {
            candidates.add(Peers.append(AXON_4, Peers.module("axon4")));
            targets.add(Target.speed(STORE, AXON_4, timesAxon4));
            if (threads == 64) {
                candidates.add(Peers.append(AXON_5, Peers.module("axon5")));
                candidates.add(Peers.append(NAMESAKE, Peers.namesake()));
                targets.add(Target.speed(STORE, AXON_5, 4.5));
                targets.add(Target.speed(STORE, NAMESAKE, 5));
            }
        }
        return row(number, YOUNG_STREAM, threads, candidates, targets);
    }

    private Row transfer() {
        List<Candidate> candidates =
                new ArrayList<>(List.of(Limits.insert(RAW), Stores.transfer(STORE, Stores.empty("transfer_"))));
        List<Target> targets = new ArrayList<>(List.of(Target.speed(STORE, RAW, 1.5)));
        if (peers) {
            candidates.add(Peers.transfer(AXON_4, Peers.module("axon4")));
            candidates.add(Peers.transfer(AXON_5, Peers.module("axon5")));
            candidates.add(Peers.transfer(NAMESAKE, Peers.namesake()));
            targets.add(Target.speed(STORE, AXON_5, 2.2));
            targets.add(Target.speed(STORE, NAMESAKE, 3));
        }
        return row("5", "1 event to each of 2 young streams", 64, candidates, targets);
    }

    private Row hot() {
        List<Candidate> candidates = new ArrayList<>(List.of(
                Limits.insert(RAW),
                Stores.hot(STORE, Stores.empty("hot_"), HotStreamSettings.defaults()),
                Stores.hot(NO_QUEUE, Stores.empty("noqueue_"), HotStreamSettings.off())));
        List<Target> targets =
                new ArrayList<>(List.of(Target.speed(STORE, RAW, 1.2), Target.speed(STORE, NO_QUEUE, 5)));
        if (peers) {
            candidates.add(Peers.hot(AXON_4, Peers.module("axon4")));
            targets.add(Target.speed(STORE, AXON_4, 3));
        }
        return row("7", "commands on one hot stream", 16, candidates, targets);
    }

    /** Users who read the version, append, and repeat both after a conflict, instead of leaving that to commands. */
    private Row racedByHand() {
        List<Candidate> candidates =
                new ArrayList<>(List.of(Limits.insert(RAW), Stores.racedByHand(STORE, Stores.empty("byhand_"))));
        List<Target> targets = new ArrayList<>();
        if (peers) {
            candidates.add(Peers.hot(AXON_4, Peers.module("axon4")));
            targets.add(Target.speed(STORE, AXON_4, 1.5));
        }
        return row("7b", "appends to one stream, repeated by hand until they succeed", 16, candidates, targets);
    }

    private Row readStream(String number, int length, double atLeast, int peerStreams) {
        String limit = "keyed SELECT, not decoded";
        List<Candidate> candidates =
                new ArrayList<>(List.of(Limits.select(limit, read, length), Stores.readStream(STORE, read, length)));
        List<Target> targets = new ArrayList<>(List.of(Target.speed(STORE, limit, atLeast)));
        if (peers) {
            candidates.add(Peers.readStream(AXON_4, Peers.module("axon4"), peerStreams, length));
            targets.add(Target.speed(STORE, AXON_4, 1.7));
        }
        return row(number, "read a stream of %,d events, decoded".formatted(length), 1, candidates, targets);
    }

    private Row readLongStream() {
        String limit = "keyed SELECT, all rows in memory";
        return row(
                "8c",
                "read a stream of %,d events, decoded".formatted(longest),
                1,
                List.of(Limits.select(limit, read, longest), Stores.readLongStream(STORE, read, longest)),
                List.of());
    }

    private Row readLog() {
        int part = Math.min(100_000, large.shortStreams() * Stores.EVENTS_PER_STREAM / 2);
        String limit = "COPY out";
        List<Candidate> candidates =
                new ArrayList<>(List.of(Limits.copyOut(limit, large, part), Stores.readLog(STORE, large, part)));
        List<Target> targets = new ArrayList<>(List.of(Target.speed(STORE, limit, 0.6)));
        if (peers) {
            candidates.add(Peers.readLog(AXON_4, Peers.module("axon4"), part));
            targets.add(Target.speed(STORE, AXON_4, 1.7));
        }
        return row(
                "9",
                "read the log, %,d events a time, decoded (counted as events)".formatted(part),
                1,
                candidates,
                targets);
    }

    /** The whole log, so that neither way finds more of it in the database's memory than the other. */
    private static Row readLogUpcast(String number, String what, Filled log) {
        int all = log.events() - 1;
        String plain = "as they are stored";
        String upcast = "through one upcaster";
        return row(
                number,
                "read the log, %,d events%s a time, decoded (counted as events)".formatted(all, what),
                1,
                List.of(Stores.readLog(plain, log, all), Stores.readLogUpcast(upcast, log, all)),
                List.of(Target.speed(upcast, plain, 1 / 1.5)));
    }

    /** The cost of an append, on tables of several sizes. */
    private Row growth(String number, int threads) {
        List<Filled> sizes = new ArrayList<>(smaller);
        sizes.add(large);
        List<Candidate> candidates = new ArrayList<>(List.of(Stores.append(YOUNG + "0", Stores.empty("append_"))));
        for (Filled filled : sizes) {
            candidates.add(Stores.append(YOUNG + filled.events(), filled::store));
        }
        for (Filled filled : sizes) {
            candidates.add(Stores.appendToOld(OLD + filled.events(), filled, threads));
        }
        List<Target> targets = List.of(
                Target.figureRatio("server CPU", YOUNG + large.events(), YOUNG + "0", 1.15, Sample::serverCpuMicros),
                Target.figureRatio("server CPU", OLD + large.events(), YOUNG + "0", 1.7, Sample::serverCpuMicros));
        return row(number, "1 event, on tables of so many events", threads, candidates, targets);
    }
}
