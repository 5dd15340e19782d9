package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.test.contract.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A primary and two standbys of PostgreSQL that Patroni looks after, with etcd, and HAProxy before them, on free ports of
 * this machine. Its clients reach the primary by HAProxy or by a URL with all three servers.
 *
 * <p>Needs root and what the script {@code .ci/cluster} installs.
 */
final class PatroniCluster implements AutoCloseable {
    /** How long a primary is waited for that is not heard of any more, in seconds, as it is configured: the least there is. */
    static final int TTL = 20;

    private static final int NODES = 3;
    private static final String AGENT =
            System.getProperty("eventcore.test.patroni", "/opt/eventcore-patroni/bin/patroni");
    private static final String BINARIES =
            System.getProperty("eventcore.test.postgres.bin", "/usr/lib/postgresql/15/bin");

    /** As a guide would advise: a server that is away is noticed, and one that is frozen is not waited for. */
    private static final String DRIVER_OPTIONS =
            "targetServerType=primary&hostRecheckSeconds=1&connectTimeout=2&socketTimeout=10&tcpKeepAlive=true";

    private final Path directory;
    private final List<PatroniNode> nodes = new ArrayList<>();
    private final List<ServerProcess> servers = new ArrayList<>();
    private final List<TcpProxy> proxies = new ArrayList<>();
    private final Thread atExit = new Thread(this::killAll);
    private final int balancerPort;
    private boolean synchronous = true;

    private PatroniCluster(Path directory) throws IOException {
        this.directory = directory;
        List<Integer> ports = ServerProcess.freePorts(3 + 2 * NODES);
        int etcdPort = ports.get(0);
        this.balancerPort = ports.get(2);
        Runtime.getRuntime().addShutdownHook(atExit);
        startEtcd(etcdPort, ports.get(1));
        for (int i = 0; i < NODES; i++) {
            TcpProxy proxy = new TcpProxy(etcdPort);
            proxies.add(proxy);
            String name = "node" + (i + 1);
            PatroniNode node =
                    new PatroniNode(name, newDirectory(name), AGENT, ports.get(3 + 2 * i), ports.get(4 + 2 * i), proxy);
            write(directory.resolve(name).resolve("patroni.yml"), configuration(node));
            nodes.add(node);
        }
        startBalancer();
    }

    /** Starts a cluster in the mode in which no acknowledged commit is lost; all three servers are up then. */
    static PatroniCluster start() {
        try {
            Path directory = Files.createTempDirectory("eventcore-patroni");
            ServerProcess.run("chmod", "755", directory.toString());
            PatroniCluster cluster = new PatroniCluster(directory);
            try {
                // The first one alone, so that no other one waits for a lock that it might have.
                cluster.nodes.get(0).start();
                Eventually.until("a first primary", () -> cluster.nodes.get(0).isPrimary(), cluster::state);
                cluster.nodes.stream().skip(1).forEach(PatroniNode::start);
                cluster.awaitHealthy();
            } catch (RuntimeException | Error e) {
                cluster.close();
                throw e;
            }
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startEtcd(int port, int peerPort) throws IOException {
        Path data = newDirectory("etcd");
        String url = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + peerPort;
        servers.add(ServerProcess.start(
                PatroniNode.USER,
                data.resolve("etcd.log"),
                Map.of(),
                "etcd",
                "--name=etcd",
                "--data-dir=" + data.resolve("data"),
                "--listen-client-urls=" + url,
                "--advertise-client-urls=" + url,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=etcd=" + peer));
    }

    private void startBalancer() throws IOException {
        Path home = newDirectory("haproxy");
        Path file = home.resolve("haproxy.cfg");
        String lines = nodes.stream()
                .map(node -> "    server %s 127.0.0.1:%d check port %d\n"
                        .formatted(node.name(), node.port(), node.restPort()))
                .collect(Collectors.joining());
        write(file, """
                global
                    maxconn 500
                defaults
                    mode tcp
                    timeout connect 2s
                    timeout client 30m
                    timeout server 30m
                    timeout check 2s
                listen primary
                    bind 127.0.0.1:%d
                    option httpchk OPTIONS /primary
                    http-check expect status 200
                    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
                """.formatted(balancerPort) + lines);
        servers.add(ServerProcess.start(
                PatroniNode.USER,
                home.resolve("haproxy.log"),
                Map.of(),
                "/usr/sbin/haproxy",
                "-db",
                "-f",
                file.toString()));
    }

    private String configuration(PatroniNode node) {
        return """
                scope: eventcore
                name: %1$s
                restapi: {listen: '127.0.0.1:%3$d', connect_address: '127.0.0.1:%3$d'}
                etcd3: {hosts: ['127.0.0.1:%4$d'], use_proxies: true}
                bootstrap:
                  dcs:
                    ttl: 20
                    loop_wait: 5
                    retry_timeout: 5
                    primary_start_timeout: 0
                    synchronous_mode: true
                    synchronous_mode_strict: true
                    postgresql:
                      use_pg_rewind: true
                      parameters: {max_connections: 100, shared_buffers: 64MB, max_prepared_transactions: 10, wal_log_hints: 'on'}
                  initdb: [data-checksums, {encoding: UTF8}, {locale: C}, {auth: trust}]
                postgresql:
                  listen: '127.0.0.1:%2$d'
                  connect_address: '127.0.0.1:%2$d'
                  data_dir: %5$s
                  bin_dir: %6$s
                  pgpass: %7$s/pgpass
                  authentication:
                    superuser: {username: postgres, password: eventcore}
                    replication: {username: replicator, password: eventcore}
                  parameters: {unix_socket_directories: '%7$s'}
                  pg_hba: [local all all trust, host all all 127.0.0.1/32 trust, host replication all 127.0.0.1/32 trust]
                watchdog: {mode: 'off'}
                """.formatted(
                        node.name(),
                        node.port(),
                        node.restPort(),
                        node.etcdPort(),
                        node.dataDirectory(),
                        BINARIES,
                        node.dataDirectory().getParent());
    }

    private Path newDirectory(String name) throws IOException {
        Path created = Files.createDirectory(directory.resolve(name));
        ServerProcess.run("chown", PatroniNode.USER + ":" + PatroniNode.USER, created.toString());
        return created;
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        ServerProcess.run("chmod", "644", file.toString());
    }

    /** By HAProxy, which asks the agents who the primary is. */
    String balancedUrl() {
        return "jdbc:postgresql://127.0.0.1:%d/postgres?%s".formatted(balancerPort, DRIVER_OPTIONS);
    }

    /** With all servers, of which the driver chooses the primary. */
    String multiHostUrl() {
        return nodes.stream()
                .map(node -> "127.0.0.1:" + node.port())
                .collect(Collectors.joining(",", "jdbc:postgresql://", "/postgres?" + DRIVER_OPTIONS));
    }

    /** A pool as an application should have it, small. */
    static HikariDataSource pool(String url, String user, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(3_000);
        config.setValidationTimeout(1_000);
        // The first connection may be asked for while there is no primary.
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    /** Who holds the lock of the primary. */
    PatroniNode primary() {
        return findPrimary(Optional.empty()).orElseThrow();
    }

    /** Waits until another node is the primary. */
    void awaitOtherPrimaryThan(PatroniNode old) {
        Eventually.until(
                "another primary than " + old,
                () -> findPrimary(Optional.of(old)).isPresent(),
                this::state);
    }

    private Optional<PatroniNode> findPrimary(Optional<PatroniNode> except) {
        return nodes.stream()
                .filter(node -> except.filter(node::equals).isEmpty())
                .filter(PatroniNode::isPrimary)
                .findFirst();
    }

    /** Waits until the primary has two standbys that stream, one of them synchronous if the mode asks for it. */
    void awaitHealthy() {
        Eventually.until("a primary with two standbys", this::isHealthy, this::state);
    }

    private boolean isHealthy() {
        Optional<String> answer = findPrimary(Optional.empty()).flatMap(primary -> primary.get("/cluster"));
        if (answer.isEmpty()) {
            return false;
        }
        List<String> members = new ArrayList<>();
        for (JsonNode member : JsonMapper.shared().readTree(answer.get()).get("members")) {
            members.add(
                    member.get("role").asString() + " " + member.get("state").asString());
        }
        members.sort(Comparator.naturalOrder());
        return members.equals(List.of(
                "leader running", "replica streaming", synchronous ? "sync_standby streaming" : "replica streaming"));
    }

    /** Acknowledges from now on what no standby has. */
    void beAsynchronous() {
        synchronous = false;
        primary().ask("PATCH", "/config", "{\"synchronous_mode\": false, \"synchronous_mode_strict\": false}");
        try (HikariDataSource pool = pool(balancedUrl(), PatroniNode.USER, 1)) {
            JdbcClient client = JdbcClient.create(pool);
            Eventually.until(
                    "commits wait for no standby",
                    () -> client.sql("SHOW synchronous_standby_names")
                            .query(String.class)
                            .single()
                            .isEmpty());
        }
        awaitHealthy();
    }

    /** Waits until both standbys have replayed what is committed. */
    static void awaitReplay(JdbcClient superuser) {
        Eventually.until(
                "both standbys have replayed everything",
                () -> superuser.sql("""
                        SELECT count(*) = 2 FROM pg_stat_replication
                        WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_lsn()
                        """).query(Boolean.class).single());
    }

    /** What each node says of the cluster. */
    private String state() {
        return nodes.stream()
                .map(node -> node + ": " + node.get("/cluster").orElse("no answer"))
                .collect(Collectors.joining("\n", "\n", "\nThe logs are in " + directory));
    }

    private void killAll() {
        // Agents first of all: they would start their servers again.
        nodes.forEach(PatroniNode::thaw);
        nodes.forEach(PatroniNode::kill);
        servers.forEach(ServerProcess::kill);
    }

    @Override
    public void close() {
        killAll();
        Runtime.getRuntime().removeShutdownHook(atExit);
        try (Stream<Path> files = Files.walk(directory)) {
            for (TcpProxy proxy : proxies) {
                proxy.close();
            }
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(directory).doesNotExist();
    }
}
