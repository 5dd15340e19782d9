package io.eventcore.servers;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL of a test's own, primary or standby, on a free port of this machine. */
public final class PostgreSqlServer implements AutoCloseable {
    private static final Set<String> OF_THE_RUNNING_SERVER = Set.of("postmaster.pid", "postmaster.opts");
    private static final Set<String> EMPTY_IN_A_COPY = Set.of("pg_wal", "pg_replslot", "pg_stat_tmp", "pg_stat");
    private static final String CONFLICT_WITH_RECOVERY = "40001";
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final Path data;
    private EmbeddedPostgres server;

    private PostgreSqlServer(Path data) throws IOException {
        this.data = data;
        this.server = start(data);
    }

    /** A new cluster. */
    public static PostgreSqlServer primary(Path data) throws IOException {
        return new PostgreSqlServer(data);
    }

    private static EmbeddedPostgres start(Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPGStartupWait(Duration.ofMinutes(1))
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("wal_keep_size", "4GB")
                .setServerConfig("max_wal_size", "2GB")
                // Nothing is written but what a test writes, and nothing flushed but what it commits.
                .setServerConfig("autovacuum", "off")
                .setServerConfig("checkpoint_timeout", "1h")
                .setServerConfig("wal_writer_delay", "10s")
                .setServerConfig("wal_retrieve_retry_interval", "100ms")
                .setServerConfig("max_standby_streaming_delay", "200ms")
                .start();
    }

    /** A standby that follows this server, made from a copy of its files. */
    public PostgreSqlServer standby(Path copy) throws IOException, SQLException {
        copyTo(copy);
        return following(this, copy);
    }

    /** A standby that follows a standby of this server. */
    public PostgreSqlServer cascaded(PostgreSqlServer standby, Path copy) throws IOException, SQLException {
        copyTo(copy);
        return following(standby, copy);
    }

    private static PostgreSqlServer following(PostgreSqlServer upstream, Path copy) throws IOException {
        Files.writeString(
                copy.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'%n".formatted(upstream.server.getPort()),
                StandardOpenOption.APPEND);
        Files.createFile(copy.resolve("standby.signal"));
        return new PostgreSqlServer(copy);
    }

    /** What a base backup does, without the program that the embedded server does not bring. */
    private void copyTo(Path copy) throws IOException, SQLException {
        try (Connection session = as("postgres").getConnection();
                Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_backup_start('copy', true)");
            Files.createDirectories(
                    copy, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.walkFileTree(data, new Copying(data, copy));
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                row.next();
                Files.writeString(copy.resolve("backup_label"), row.getString(1));
            }
        }
    }

    private static final class Copying extends SimpleFileVisitor<Path> {
        private final Path from;
        private final Path to;

        private Copying(Path from, Path to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            Files.createDirectories(
                    to.resolve(from.relativize(directory)),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Path name = from.relativize(file);
            if (!OF_THE_RUNNING_SERVER.contains(name.toString())
                    && !EMPTY_IN_A_COPY.contains(name.getName(0).toString())) {
                try {
                    Files.copy(file, to.resolve(name));
                } catch (NoSuchFileException removedMeanwhile) {
                    // As a base backup does: what is written while it is made comes with the log of changes.
                    return FileVisitResult.CONTINUE;
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }
    }

    /** Connections of a user, who needs no password. */
    public PGSimpleDataSource as(String user) {
        PGSimpleDataSource connections = new PGSimpleDataSource();
        connections.setUrl(server.getJdbcUrl("postgres", "postgres"));
        connections.setUser(user);
        return connections;
    }

    /** Runs a statement as a superuser. */
    public void execute(String sql) {
        run(sql, statement -> statement.execute(sql));
    }

    /** The one text that a query of a superuser answers with. */
    public String text(String sql) {
        return run(sql, statement -> {
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        });
    }

    /** What is done with a statement. */
    @FunctionalInterface
    private interface Action<T> {
        T with(Statement statement) throws SQLException;
    }

    /** Runs it again if what a standby replays has cancelled it. */
    private <T> T run(String sql, Action<T> action) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try (Connection connection = as("postgres").getConnection();
                    Statement statement = connection.createStatement()) {
                return action.with(statement);
            } catch (SQLException e) {
                if (!CONFLICT_WITH_RECOVERY.equals(e.getSQLState()) || System.nanoTime() > end) {
                    throw new IllegalStateException(sql, e);
                }
            }
        }
    }

    /** Waits until a condition of a superuser's holds. */
    public void await(String condition) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!text("SELECT " + condition).equals("t")) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("Never so: " + condition);
            }
            LockSupport.parkNanos(500_000);
        }
    }

    /** Waits until this standby has replayed all that its primary has written. */
    public void awaitReplayOf(PostgreSqlServer primary) {
        // A commit, which makes the server write out what stands before it.
        primary.execute("SELECT pg_logical_emit_message(true, 'test', 'flush')");
        await("pg_last_wal_replay_lsn() >= '" + primary.text("SELECT pg_current_wal_flush_lsn()") + "'");
    }

    /** From now on it replays nothing. */
    public void pauseReplay() {
        execute("SELECT pg_wal_replay_pause()");
        await("pg_get_wal_replay_pause_state() = 'paused'");
    }

    public void resumeReplay() {
        execute("SELECT pg_wal_replay_resume()");
    }

    /** Makes a primary of it. */
    public void promote() {
        execute("SELECT pg_promote(true)");
    }

    /** Writes until its place in the log of changes is beyond that of another server. */
    public void writeBeyond(PostgreSqlServer other) {
        String place = other.text("SELECT pg_current_wal_insert_lsn()");
        while (text("SELECT pg_current_wal_insert_lsn() > '" + place + "'").equals("f")) {
            execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000000))");
            execute("SELECT pg_switch_wal()");
        }
    }

    /** Kills it with all its processes. */
    public void kill() {
        List<ProcessHandle> all = processes();
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle process : all) {
            while (process.isAlive()) {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /** Starts it again, on another port, once it was killed. */
    public void startAgain() throws IOException {
        closeQuietly();
        server = start(data);
    }

    /** Stops all its processes, which keep their connections, or lets them go on. */
    public void signal(String signal) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
        processes().forEach(process -> command.add(Long.toString(process.pid())));
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IllegalStateException("Not signalled");
        }
    }

    private List<ProcessHandle> processes() {
        ProcessHandle postmaster = ProcessHandle.of(postmaster()).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
        all.add(0, postmaster);
        return all;
    }

    private long postmaster() {
        try {
            return Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0).trim());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Seconds of processor time that all its processes have used, those included that have ended. */
    public double cpuSeconds() {
        double ticks = 0;
        for (ProcessHandle process : processes()) {
            ticks += ticks(process.pid(), process.pid() == postmaster());
        }
        return ticks / 100;
    }

    private static double ticks(long pid, boolean withEndedChildren) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            double own = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
            return withEndedChildren ? own + Double.parseDouble(fields[13]) + Double.parseDouble(fields[14]) : own;
        } catch (IOException processIsGone) {
            // It counts as an ended child then.
            return 0;
        }
    }

    private void closeQuietly() {
        try {
            server.close();
        } catch (IOException | RuntimeException itIsDead) {
            System.err.println("A server that was to be stopped had ended: " + itIsDead.getMessage());
        }
    }

    /** Stops it, and waits for its end: another thread may be stopping it as the process ends. */
    @Override
    public void close() {
        Optional<ProcessHandle> running =
                Files.exists(data.resolve("postmaster.pid")) ? ProcessHandle.of(postmaster()) : Optional.empty();
        closeQuietly();
        running.ifPresent(process -> process.onExit().join());
    }
}
