package io.eventcore.benchmarks.peer;

import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * An event store that people might choose instead, used as its own documentation says. Once opened, it is safe for any
 * number of threads.
 */
public interface Peer {
    /** The metadata of every event: about 70 bytes of JSON. */
    Map<String, String> METADATA = Map.of("correlationId", "6f1c1b0e-9a53-4a7e-9e0f", "actor", "clerk-17");

    /** Creates the tables anew and prepares the peer. */
    void open(DataSource dataSource) throws Exception;

    /**
     * Appends events to one stream as one transaction.
     *
     * @param version how many events the stream holds
     * @return whether they are stored; false if the stream had moved on
     */
    boolean append(String stream, long version, List<Deposit> events) throws Exception;

    /** Appends one event to each of two streams as one transaction. */
    void transfer(String from, long fromVersion, String to, long toVersion) throws Exception;

    /** How many events the stream holds. */
    long version(String stream) throws Exception;

    /** Reads and decodes a stream; returns the number of events. */
    long readStream(String stream) throws Exception;

    /** Reads and decodes that many events from the beginning of the log; returns the number of events. */
    long readLog(int events) throws Exception;
}
