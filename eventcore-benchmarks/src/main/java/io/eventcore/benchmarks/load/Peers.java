package io.eventcore.benchmarks.load;

import io.eventcore.benchmarks.peer.Deposit;
import io.eventcore.benchmarks.peer.Peer;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The peers that the store is compared with, each from the folder of its module. */
final class Peers {
    /** Holds a folder for each peer, with the jar of its module and the libraries that it needs. */
    private static final Path HOME = Path.of(System.getProperty("eventcore.bench.peers", "target/peers"));

    private Peers() {}

    static boolean arePresent() {
        return Files.isDirectory(HOME);
    }

    /** Opens a peer by the name of its folder. */
    interface Opening {
        Peer open(Database database) throws Exception;
    }

    static Opening module(String name) {
        return database -> {
            Peer peer = load(HOME.resolve(name));
            peer.open(database.pool());
            return peer;
        };
    }

    static Opening namesake() {
        return database -> {
            Peer peer = new NamesakeReplay(database.pool());
            peer.open(database.pool());
            return peer;
        };
    }

    private static Peer load(Path folder) throws IOException {
        List<URL> jars = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path jar : files.sorted().toList()) {
                jars.add(url(jar));
            }
        }
        // Never closed: the peer lives as long as the benchmark.
        URLClassLoader loader = new OwnLibrariesFirst(jars.toArray(URL[]::new));
        return ServiceLoader.load(Peer.class, loader).findFirst().orElseThrow();
    }

    private static URL url(Path jar) throws MalformedURLException {
        return jar.toUri().toURL();
    }

    /** One event to a young stream. */
    static Candidate append(String name, Opening opening) {
        return new Candidate(name, database -> {
            Peer peer = opening.open(database);
            return (thread, turn) -> {
                String stream = Streams.of("account", thread, turn / Stores.EVENTS_PER_STREAM)
                        .value();
                boolean stored =
                        peer.append(stream, turn % Stores.EVENTS_PER_STREAM, List.of(Deposit.of(stream, turn)));
                return Limits.checked(1, stored ? 1 : 0, 1);
            };
        });
    }

    /** One event to each of two young streams. */
    static Candidate transfer(String name, Opening opening) {
        return new Candidate(name, database -> {
            Peer peer = opening.open(database);
            return (thread, turn) -> {
                long version = turn % Stores.EVENTS_PER_STREAM;
                long number = turn / Stores.EVENTS_PER_STREAM;
                peer.transfer(
                        Streams.of("from", thread, number).value(),
                        version,
                        Streams.of("to", thread, number).value(),
                        version);
                return 1;
            };
        });
    }

    /** Reads the version and appends; repeats both if another thread was faster. */
    static Candidate hot(String name, Opening opening) {
        return new Candidate(name, database -> {
            Peer peer = opening.open(database);
            AtomicLong appends = new AtomicLong();
            return (thread, turn) -> {
                String stream = Streams.of("hot", 0, appends.getAndIncrement() / Stores.COMMANDS_PER_HOT_STREAM)
                        .value();
                while (!peer.append(stream, peer.version(stream), List.of(Deposit.of(stream, turn)))) {
                    Thread.onSpinWait();
                }
                return 1;
            };
        });
    }

    /** A whole stream of the given length, decoded. */
    static Candidate readStream(String name, Opening opening, int streams, int length) {
        return new Candidate(name, database -> {
            Peer peer = opening.open(database);
            for (int number = 0; number < streams; number++) {
                fill(peer, Streams.filled("peer" + length, number).value(), length);
            }
            return (thread, turn) -> {
                long read = peer.readStream(
                        Streams.filled("peer" + length, (int) (turn % streams)).value());
                return Limits.checked(1, read, length);
            };
        });
    }

    /** Part of the log, decoded; counts events. */
    static Candidate readLog(String name, Opening opening, int events) {
        return new Candidate(name, database -> {
            Peer peer = opening.open(database);
            for (int number = 0; number < events / 1_000; number++) {
                fill(peer, Streams.filled("peerlog", number).value(), 1_000);
            }
            return (thread, turn) -> {
                long read = peer.readLog(events);
                return Limits.checked(read, read, events);
            };
        });
    }

    private static void fill(Peer peer, String stream, int length) throws Exception {
        for (int version = 0; version < length; version += 1_000) {
            List<Deposit> events = new ArrayList<>();
            for (int i = 0; i < Math.min(1_000, length - version); i++) {
                events.add(Deposit.of(stream, i));
            }
            peer.append(stream, version, events);
        }
    }

    /** Gives a peer the versions of libraries that it asks for, and nothing of ours except the interface. */
    private static final class OwnLibrariesFirst extends URLClassLoader {
        private static final String SHARED = "io.eventcore.benchmarks.peer.";

        OwnLibrariesFirst(URL[] jars) {
            super(jars, ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            boolean ofInterface = name.equals(SHARED + "Peer") || name.equals(SHARED + "Deposit");
            return ofInterface ? Peers.class.getClassLoader().loadClass(name) : super.findClass(name);
        }
    }
}
