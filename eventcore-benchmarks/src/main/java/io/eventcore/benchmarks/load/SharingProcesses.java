package io.eventcore.benchmarks.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Commands of this process and of a second one that works at the same time. Counts the commands of this process, and
 * reports those of the other in the remark.
 */
final class SharingProcesses implements Candidate.Work {
    private final SharedStreams own;
    private final Process other;
    private final Writer toOther;
    private final BufferedReader fromOther;
    private final AtomicLong executedThere = new AtomicLong();

    private SharingProcesses(SharedStreams own, Process other) {
        this.own = own;
        this.other = other;
        this.toOther = new OutputStreamWriter(other.getOutputStream(), StandardCharsets.UTF_8);
        this.fromOther = new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * Commands over two streams of about ten events.
     *
     * @param percent how many of its streams each process shares with the other
     * @param threads how many threads the second process has
     */
    static Candidate command(String name, Filled filled, int percent, int threads, boolean warm) {
        return new Candidate(name, database -> {
            int streams = filled.shortStreams() / 2;
            SharedStreams own = new SharedStreams(filled.store(database), streams, percent, true, warm);
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx1g",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SharingNode.class.getName(),
                            database.url(),
                            filled.prefix(database),
                            Integer.toString(streams),
                            Integer.toString(percent),
                            warm ? "warm" : "cold",
                            Integer.toString(threads))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new SharingProcesses(own, other);
        });
    }

    @Override
    public long run(int thread, long turn) {
        return own.run(turn);
    }

    @Override
    public AutoCloseable beside() throws IOException {
        tell(SharingNode.START);
        return () -> {
            tell(SharingNode.STOP);
            executedThere.addAndGet(Long.parseLong(Objects.requireNonNull(fromOther.readLine(), "answer")));
        };
    }

    private void tell(String line) throws IOException {
        toOther.write(line + "\n");
        toOther.flush();
    }

    @Override
    public String remark() throws IOException, InterruptedException {
        toOther.close();
        int exit = other.waitFor();
        if (exit != 0) {
            throw new IllegalStateException("The second process ended with " + exit);
        }
        return String.format(
                Locale.ROOT,
                "the second process executed %,d commands; here %s",
                executedThere.get(),
                own.statistics());
    }
}
