package io.eventcore.command;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which streams and tags are hot, by the ids of their rows: from a conflict until a number of attempts in a row has met
 * no other command. Safe for any number of threads.
 */
final class ContendedStreams {
    /** Upper limit for the streams that are known to be hot. Forgetting one costs its commands only a conflict. */
    private static final int MAX_STREAMS = 1_024;

    /** How many attempts in a row must meet no other command before a stream is no longer hot. */
    private static final int COOLS_AFTER = 64;

    /** The hot streams, each with the number of undisturbed attempts that are left until it is no longer hot. */
    private final Map<String, AtomicInteger> streams = new ConcurrentHashMap<>();

    boolean isEmpty() {
        return streams.isEmpty();
    }

    boolean contains(String stream) {
        return streams.containsKey(stream);
    }

    /** An attempt on the stream has met another command. */
    void hasMetOthers(String stream) {
        AtomicInteger left = streams.get(stream);
        if (left != null) {
            left.set(COOLS_AFTER);
            return;
        }
        if (streams.size() >= MAX_STREAMS) {
            Iterator<String> any = streams.keySet().iterator();
            if (any.hasNext()) {
                streams.remove(any.next());
            }
        }
        streams.put(stream, new AtomicInteger(COOLS_AFTER));
    }

    /** An attempt on the stream has met no other command. Returns whether the stream is no longer hot. */
    boolean hasMetNone(String stream) {
        AtomicInteger left = streams.get(stream);
        return left != null && left.decrementAndGet() <= 0 && streams.remove(stream, left);
    }
}
