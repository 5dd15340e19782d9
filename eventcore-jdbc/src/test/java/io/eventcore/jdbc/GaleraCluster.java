package io.eventcore.jdbc;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * Nodes of MariaDB with Galera, from Debian's packages {@code mariadb-server-core} and {@code galera-4}, on free ports of the loopback
 * interface and with directories that go away with the process. Each node begins with a copy of the first one's data, so that none has to be
 * sent a whole database.
 */
final class GaleraCluster implements AutoCloseable {
    private static final String PROVIDER = "/usr/lib/galera/libgalera_smm.so";
    private static final List<String> NO_CLUSTER =
            List.of("--wsrep-on=OFF", "--wsrep-provider=none", "--wsrep-cluster-address=");
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /**
     * How a node that joins is sent what it lacks: each begins with the same data, so that the nodes send each other the last transactions,
     * and a program that would send whole databases has only to say where they begin.
     */
    private static final String TRANSFER = """
        #!/bin/sh
        while [ $# -gt 0 ]; do
            case $1 in
                --role) role=$2 ;;
                --address) address=$2 ;;
                --datadir) datadir=$2 ;;
                --gtid) gtid=$2 ;;
                --bypass) bypass=yes ;;
            esac
            shift
        done
        if [ "$role" = joiner ]; then
            rm -f "$datadir/transfer"
            mkfifo "$datadir/transfer"
            echo "ready $datadir/transfer"
            read -r gtid <"$datadir/transfer"
            echo "$gtid"
        elif [ "$bypass" = yes ]; then
            echo "$gtid" >"$address"
            echo "done $gtid"
        else
            exit 1
        fi
        """;

    private static final Pattern POSITION = Pattern.compile("Recovered position: ([0-9a-f-]+:-?\\d+)");

    private final Path directory;
    private final List<String> options;
    private final List<Node> nodes = new ArrayList<>();
    private final Thread end = new Thread(this::remove);

    /**
     * Starts a cluster whose user root has no password, and waits until each node can be used.
     *
     * @param options what each server is told besides
     */
    GaleraCluster(int size, String... options) {
        this.options = List.of(options);
        try {
            this.directory = Files.createTempDirectory("eventcore-galera");
            Runtime.getRuntime().addShutdownHook(end);
            Path transfer = Files.writeString(directory.resolve("wsrep_sst_eventcore"), TRANSFER);
            if (!transfer.toFile().setExecutable(true, false)) {
                throw new IOException("Not executable: " + transfer);
            }
            for (int i = 0; i < size; i++) {
                nodes.add(new Node(i));
            }
            Node first = nodes.get(0);
            first.install();
            if (size > 1) {
                first.begin();
            }
            for (Node node : nodes.subList(1, size)) {
                node.run(List.of("cp", "-a", first.data.toString(), node.data.toString()));
            }
            first.start("--wsrep-new-cluster");
            first.await();
            for (Node node : nodes.subList(1, size)) {
                node.start();
                node.await();
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("No Galera cluster could be started", e);
        }
    }

    /**
     * Starts a server of the same kind that is in no cluster, to compare with.
     *
     * @param options what it is told besides
     */
    static GaleraCluster noCluster(String... options) {
        List<String> all = new ArrayList<>(NO_CLUSTER);
        all.addAll(List.of(options));
        return new GaleraCluster(1, all.toArray(String[]::new));
    }

    Node node(int number) {
        return nodes.get(number);
    }

    /** Hosts and ports of all nodes, as URLs list them. */
    String addresses() {
        return nodes.stream().map(Node::address).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(end);
        remove();
    }

    private void remove() {
        try {
            for (Node node : nodes) {
                node.kill();
            }
            FileSystemUtils.deleteRecursively(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server. */
    final class Node {
        private final int number;
        private final Path data;
        private final File log;

        /** Of its own: a server that starts deletes what it takes for left-overs of an earlier one. */
        private final Path temporary;

        private final int port = freePort();
        private final int groupPort = freePort();
        private final int transferPort = freePort();
        private volatile @Nullable Process process;

        private Node(int number) throws IOException {
            this.number = number;
            this.data = directory.resolve("data" + number);
            this.log = directory.resolve("node" + number + ".log").toFile();
            this.temporary = Files.createDirectory(directory.resolve("tmp" + number));
            if (!temporary.toFile().setWritable(true, false)) {
                throw new IOException("Not writable: " + temporary);
            }
        }

        private Process running() {
            return Objects.requireNonNull(process, "The node was not started");
        }

        String address() {
            return "127.0.0.1:" + port;
        }

        int port() {
            return port;
        }

        /** A program of the server. */
        private ProcessBuilder program(List<String> command) {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
            builder.environment().put("TMPDIR", temporary.toString());
            return builder;
        }

        private void run(List<String> command) throws IOException, InterruptedException {
            if (program(command).start().waitFor() != 0) {
                throw new IllegalStateException(command + " failed: " + Files.readString(log.toPath()));
            }
        }

        private void install() throws IOException, InterruptedException {
            Files.createDirectory(data);
            run(List.of("chown", user(), directory.toString(), data.toString()));
            run(List.of(
                    "mariadb-install-db",
                    "--no-defaults",
                    "--user=" + user(),
                    "--datadir=" + data,
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                    "--cross-bootstrap"));
        }

        /** Writes something and ends, so that the data says where in the cluster's order they are. */
        private void begin() throws IOException, InterruptedException {
            start("--wsrep-new-cluster");
            await();
            try (Connection root = connect();
                    Statement statement = root.createStatement()) {
                statement.execute("CREATE DATABASE IF NOT EXISTS begun");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
            running().destroy();
            running().waitFor();
        }

        private void start(String... more) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    "mariadbd",
                    "--no-defaults",
                    "--user=" + user(),
                    "--datadir=" + data,
                    "--port=" + port,
                    "--bind-address=127.0.0.1",
                    "--socket=" + data.resolve("socket"),
                    "--pid-file=" + data.resolve("pid"),
                    "--skip-ssl",
                    "--skip-name-resolve",
                    "--performance-schema=OFF",
                    "--max-connections=200",
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-log-file-size=48M",
                    "--innodb-lock-wait-timeout=20",
                    "--innodb-autoinc-lock-mode=2",
                    "--log-bin-trust-function-creators=ON",
                    "--binlog-format=ROW",
                    "--wsrep-on=ON",
                    "--wsrep-provider=" + PROVIDER,
                    "--wsrep-sst-method=eventcore",
                    "--wsrep-node-name=node" + number,
                    "--wsrep-node-address=127.0.0.1:" + groupPort,
                    "--wsrep-cluster-name=eventcore",
                    "--wsrep-cluster-address=gcomm://"
                            + nodes.stream()
                                    .map(node -> "127.0.0.1:" + node.groupPort)
                                    .collect(Collectors.joining(",")),
                    "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:" + groupPort
                            + ";ist.recv_addr=127.0.0.1:" + transferPort
                            + ";gcache.size=64M;gcache.recover=yes;evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT1.5S"
                            + ";evs.inactive_timeout=PT3S;evs.inactive_check_period=PT0.3S;evs.install_timeout=PT3S"));
            command.addAll(options);
            command.addAll(List.of(more));
            ProcessBuilder builder = program(command).directory(data.toFile());
            builder.environment().merge("PATH", directory.toString(), (path, ours) -> ours + ":" + path);
            process = builder.start();
        }

        /** Starts it again where it was when it was killed, so that the others send it what it lacks. */
        void restart() {
            try {
                start("--wsrep-start-position=" + recovered());
                await();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("The node could not be started again", e);
            }
        }

        private String recovered() throws IOException, InterruptedException {
            File answer = directory.resolve("recovery" + number + ".log").toFile();
            run(List.of(
                    "mariadbd",
                    "--no-defaults",
                    "--user=" + user(),
                    "--datadir=" + data,
                    "--pid-file=" + data.resolve("recovery-pid"),
                    "--wsrep-on=ON",
                    "--wsrep-provider=" + PROVIDER,
                    "--binlog-format=ROW",
                    "--innodb-autoinc-lock-mode=2",
                    "--innodb-log-file-size=48M",
                    "--socket=" + data.resolve("socket"),
                    "--skip-networking",
                    "--wsrep-sst-method=eventcore",
                    "--wsrep-cluster-address=gcomm://127.0.0.1:" + groupPort,
                    "--wsrep-recover",
                    "--log-error=" + answer));
            Matcher position = POSITION.matcher(Files.readString(answer.toPath()));
            if (!position.find()) {
                throw new IllegalStateException("No position was recovered: " + Files.readString(answer.toPath()));
            }
            Files.delete(answer.toPath());
            return position.group(1);
        }

        /** Waits until it takes statements and has what the others have. */
        private void await() throws IOException, InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!isReady()) {
                if (running().waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                    throw new IllegalStateException("The node did not start: " + Files.readString(log.toPath()));
                }
            }
        }

        private boolean isReady() {
            try {
                return options.containsAll(NO_CLUSTER)
                        ? !status("Uptime").isEmpty()
                        : status("wsrep_local_state_comment").equals("Synced");
            } catch (SQLException notYet) {
                return false;
            }
        }

        /** What the node says of itself. */
        /** Waits until everything that the cluster has committed is applied here, as sessions of the store do. */
        boolean hasCaughtUp() throws SQLException {
            try (Connection root = connect();
                    Statement statement = root.createStatement()) {
                statement.execute("SET SESSION wsrep_sync_wait = 7");
                return statement.executeQuery("SELECT 1").next();
            }
        }

        String status(String name) throws SQLException {
            try (Connection root = connect();
                    Statement statement = root.createStatement();
                    ResultSet row = statement.executeQuery("SHOW GLOBAL STATUS LIKE '" + name + "'")) {
                row.next();
                return row.getString(2);
            }
        }

        Connection connect() throws SQLException {
            return DriverManager.getConnection(
                    "jdbc:mariadb://" + address() + "/?connectTimeout=2000&socketTimeout=5000", "root", "");
        }

        /** Ends it at once. */
        void kill() {
            @Nullable Process running = process;
            if (running != null) {
                signal(running, "KILL");
                try {
                    running.waitFor();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /** Lets it do nothing until it is {@link #thaw thawed}. */
        void freeze() {
            signal(running(), "STOP");
        }

        void thaw() {
            signal(running(), "CONT");
        }

        private void signal(Process to, String name) {
            if (to.isAlive()) {
                try {
                    new ProcessBuilder("kill", "-" + name, Long.toString(to.pid()))
                            .start()
                            .waitFor();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** The server refuses to run as root. */
    private static String user() {
        String own = System.getProperty("user.name");
        return own.equals("root") ? "nobody" : own;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
