package io.eventcore.benchmarks.load;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Runs candidates in turn, A B A B, so that each round compares candidates under about the same conditions. */
final class Driver {
    private final Database database;
    private final int warmUps;
    private final int rounds;
    private final Duration length;

    /**
     * A driver.
     *
     * @param warmUps how often each candidate runs before it is measured: a compiler that works during a short run
     *     costs more than the run
     * @param rounds how often each candidate is measured
     * @param length how long each run takes
     */
    Driver(Database database, int warmUps, int rounds, Duration length) {
        this.database = database;
        this.warmUps = warmUps;
        this.rounds = rounds;
        this.length = length;
    }

    private static final AtomicLong TURNS = new AtomicLong();

    Results run(Row row) throws Exception {
        Map<String, Candidate.Work> works = new LinkedHashMap<>();
        for (Candidate candidate : row.candidates()) {
            works.put(candidate.name(), candidate.setup().prepare(database));
        }
        for (int warmUp = 0; warmUp < warmUps; warmUp++) {
            for (Candidate.Work work : works.values()) {
                once(work, row.threads(), length);
            }
        }
        Map<String, List<Sample>> samples = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, Candidate.Work> work : works.entrySet()) {
                Sample sample = once(work.getValue(), row.threads(), length);
                samples.computeIfAbsent(work.getKey(), name -> new ArrayList<>())
                        .add(sample);
            }
        }
        Map<String, String> remarks = new LinkedHashMap<>();
        for (Map.Entry<String, Candidate.Work> work : works.entrySet()) {
            String remark = work.getValue().remark();
            if (!remark.isEmpty()) {
                remarks.put(work.getKey(), remark);
            }
        }
        return new Results(samples, remarks);
    }

    private Sample once(Candidate.Work work, int threads, Duration duration) throws Exception {
        AutoCloseable beside = work.beside();
        try {
            return measured(work, threads, duration);
        } finally {
            beside.close();
        }
    }

    private Sample measured(Candidate.Work work, int threads, Duration duration) throws Exception {
        Histogram latencies = new ConcurrentHistogram(3);
        AtomicLong operations = new AtomicLong();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        CountDownLatch ready = new CountDownLatch(threads);
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> running = new ArrayList<>();
        long base = TURNS.getAndAdd(1_000_000_000L);
        long[] end = new long[1];
        for (int i = 0; i < threads; i++) {
            int number = i;
            Thread thread = new Thread(() -> {
                try {
                    ready.countDown();
                    go.await();
                    long done = 0;
                    long turn = base;
                    for (long begin = System.nanoTime(); begin < end[0]; ) {
                        done += work.run(number, turn++);
                        long now = System.nanoTime();
                        latencies.recordValue(Math.max(1, (now - begin) / 1_000));
                        begin = now;
                    }
                    operations.addAndGet(done);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            });
            thread.start();
            running.add(thread);
        }
        ready.await();
        long wal = database.walBytes();
        double serverCpu = database.cpuSeconds();
        double clientCpu = clientCpuSeconds();
        long begin = System.nanoTime();
        end[0] = begin + duration.toNanos();
        go.countDown();
        for (Thread thread : running) {
            thread.join();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (failure.get() != null) {
            throw new IllegalStateException("A candidate failed", failure.get());
        }
        double count = Math.max(1, operations.get());
        return new Sample(
                count / seconds,
                latencies.getValueAtPercentile(50),
                latencies.getValueAtPercentile(99),
                latencies.getValueAtPercentile(99.9),
                (database.cpuSeconds() - serverCpu) * 1e6 / count,
                (clientCpuSeconds() - clientCpu) * 1e6 / count,
                (database.walBytes() - wal) / count);
    }

    private static double clientCpuSeconds() {
        com.sun.management.OperatingSystemMXBean system =
                (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
