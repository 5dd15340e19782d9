package io.eventcore.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A server of a {@link PatroniCluster}: PostgreSQL, and the agent of Patroni that starts, stops and promotes it. */
final class PatroniNode {
    static final String USER = "postgres";

    private static final Duration ANSWER = Duration.ofSeconds(2);

    private final HttpClient http = HttpClient.newHttpClient();
    private final String name;
    private final Path directory;
    private final String agent;
    private final int port;
    private final int restPort;
    private final TcpProxy toEtcd;
    private @Nullable ServerProcess process;

    /**
     * A node that does not run yet.
     *
     * @param directory is there, and its own
     * @param agent the command that starts Patroni
     * @param port of its PostgreSQL
     * @param restPort of its agent
     * @param toEtcd the only way by which its agent reaches etcd
     */
    PatroniNode(String name, Path directory, String agent, int port, int restPort, TcpProxy toEtcd) {
        this.name = name;
        this.directory = directory;
        this.agent = agent;
        this.port = port;
        this.restPort = restPort;
        this.toEtcd = toEtcd;
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    int restPort() {
        return restPort;
    }

    int etcdPort() {
        return toEtcd.port();
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    /** Starts the agent, which starts the server as what it is to be now. */
    void start() {
        process = ServerProcess.start(
                USER,
                directory.resolve("patroni.log"),
                Map.of("HOME", directory.toString(), "LC_ALL", "C.UTF-8"),
                agent,
                directory.resolve("patroni.yml").toString());
    }

    /** Kills the agent, the server and all their processes, as if the machine had lost its power. */
    void kill() {
        ServerProcess.kill(processes());
    }

    /** Stops all processes; their connections stay. */
    void freeze() {
        ServerProcess.signal("STOP", processes());
    }

    /** Lets all processes go on. */
    void thaw() {
        ServerProcess.signal("CONT", processes());
    }

    /** The agent reaches etcd no more; the server is reached as before. */
    void cutOffFromEtcd() {
        toEtcd.partition();
    }

    void reconnectToEtcd() {
        toEtcd.heal();
    }

    /** Nothing that is committed from now on leaves this server, as if it had been lost on the way to all standbys. */
    void freezeSenders(JdbcClient superuser) {
        ServerProcess.signal(
                "STOP",
                superuser.sql("SELECT pid FROM pg_stat_replication").query(Long.class).list().stream()
                        .flatMap(pid -> ProcessHandle.of(pid).stream())
                        .toList());
    }

    private List<ProcessHandle> processes() {
        List<ProcessHandle> processes = new ArrayList<>();
        if (process != null) {
            processes.addAll(process.processes());
        }
        postmaster().ifPresent(server -> processes.addAll(ServerProcess.withDescendants(server)));
        return processes.stream().distinct().toList();
    }

    /** The server, which is no child of its agent; one that has crashed leaves its number, which may be another's by now. */
    private Optional<ProcessHandle> postmaster() {
        Path file = dataDirectory().resolve("postmaster.pid");
        try (Stream<String> lines = Files.exists(file) ? Files.lines(file) : Stream.empty()) {
            return lines.findFirst()
                    .flatMap(line -> ProcessHandle.of(Long.parseLong(line.trim())))
                    .filter(server -> server.info().command().orElse("").endsWith("/postgres"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether its agent holds the lock of the primary, as far as it knows. */
    boolean isPrimary() {
        return get("/primary").isPresent();
    }

    /** What its agent answers, if it does and all is well. */
    Optional<String> get(String path) {
        return send(request(path).GET())
                .filter(answer -> answer.statusCode() == 200)
                .map(HttpResponse::body);
    }

    /** Asks its agent for something, which must be done. */
    void ask(String method, String path, String json) {
        Optional<HttpResponse<String>> answer =
                send(request(path).timeout(Duration.ofMinutes(1)).method(method, BodyPublishers.ofString(json)));
        if (answer.filter(response -> response.statusCode() == 200).isEmpty()) {
            throw new IllegalStateException("%s refuses %s %s: %s"
                    .formatted(
                            name, method, path, answer.map(HttpResponse::body).orElse("no answer")));
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
                .timeout(ANSWER);
    }

    /** Empty if the agent is dead, frozen or busy. */
    private Optional<HttpResponse<String>> send(HttpRequest.Builder request) {
        try {
            return Optional.of(http.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException noAnswer) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
