package io.eventcore;

import java.io.Serializable;
import java.util.Objects;

/**
 * What the caller believes about a stream when it appends.
 *
 * <p>The store checks the belief and writes the events as one atomic step: of two appends that expect the same exact
 * version of one stream, at most one succeeds. Immutable.
 *
 * @since 0.1
 */
public sealed interface ExpectedVersion extends Serializable {
    /** Whether {@code actual}, the version found in the store, satisfies this expectation. */
    boolean isMetBy(StreamVersion actual);

    /** The stream holds exactly this many events. */
    static ExpectedVersion exactly(StreamVersion version) {
        return new Exactly(version);
    }

    /**
     * The stream holds exactly this many events.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    static ExpectedVersion exactly(long version) {
        return new Exactly(StreamVersion.of(version));
    }

    /** The stream does not exist: exactly 0 events. */
    static ExpectedVersion noStream() {
        return new Exactly(StreamVersion.NONE);
    }

    /** The stream exists, in whatever version. */
    static ExpectedVersion streamExists() {
        return new StreamExists();
    }

    /**
     * The caller does not care. Only for streams that the append writes: on a read-only stream there would be nothing
     * to check.
     */
    static ExpectedVersion any() {
        return new Any();
    }

    /**
     * The stream holds exactly {@code version} events.
     *
     * @param version the expected number of events
     */
    record Exactly(StreamVersion version) implements ExpectedVersion {
        /** Checks that the version is given. */
        public Exactly {
            Objects.requireNonNull(version, "version");
        }

        @Override
        public boolean isMetBy(StreamVersion actual) {
            return version.equals(actual);
        }

        @Override
        public String toString() {
            return version.exists() ? "version " + version : "no stream";
        }
    }

    /** The stream holds at least one event. */
    record StreamExists() implements ExpectedVersion {
        @Override
        public boolean isMetBy(StreamVersion actual) {
            return actual.exists();
        }

        @Override
        public String toString() {
            return "an existing stream";
        }
    }

    /** Any version, including none. */
    record Any() implements ExpectedVersion {
        @Override
        public boolean isMetBy(StreamVersion actual) {
            return true;
        }

        @Override
        public String toString() {
            return "any version";
        }
    }
}
