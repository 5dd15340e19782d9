package io.eventcore.benchmarks.load;

import io.eventcore.StreamId;

/** The ids of the streams that candidates write: 44 characters each, and unique in a database. */
final class Streams {
    private static final String RUN = Long.toString(System.currentTimeMillis(), 36);
    private static final int LENGTH = 44;

    private Streams() {}

    /** A stream of one thread. */
    static StreamId of(String purpose, int thread, long number) {
        return StreamId.of(padded("%s-%s-%d-%d".formatted(purpose, RUN, thread, number)));
    }

    /** A stream that was filled before the measurement. */
    static StreamId filled(String purpose, int number) {
        return StreamId.of(padded(purpose + "-" + number));
    }

    private static String padded(String id) {
        return id + "-".repeat(Math.max(0, LENGTH - id.length()));
    }
}
