package io.eventcore.jdbc;

/**
 * Where pages of the log were read, in a database with a replica, since the application was started. Pages that are too
 * small for a standby are not counted. Immutable.
 *
 * @since 0.1
 */
public final class ReplicaStatus {
    private final long pagesFromReplica;
    private final long pagesFromPrimary;
    private final ReplicaAnswer answer;

    ReplicaStatus(long pagesFromReplica, long pagesFromPrimary, ReplicaAnswer answer) {
        this.pagesFromReplica = pagesFromReplica;
        this.pagesFromPrimary = pagesFromPrimary;
        this.answer = answer;
    }

    /** How many pages came from a standby, or began there. */
    public long pagesFromReplica() {
        return pagesFromReplica;
    }

    /** How many pages came from the primary, because no standby could give them. */
    public long pagesFromPrimary() {
        return pagesFromPrimary;
    }

    /** The answer of the standby that was asked last, in words. */
    public String answer() {
        return answer.text();
    }

    @Override
    public String toString() {
        return "ReplicaStatus[pagesFromReplica=%d, pagesFromPrimary=%d, answer=%s]"
                .formatted(pagesFromReplica, pagesFromPrimary, answer());
    }
}
