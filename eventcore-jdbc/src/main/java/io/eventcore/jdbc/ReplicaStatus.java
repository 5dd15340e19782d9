package io.eventcore.jdbc;

/**
 * How many pages of the log came from the replica and from the primary since the application was started. Does not
 * count pages that are too small for a standby. Immutable.
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

    /** The answer of the last standby asked, in words. */
    public String answer() {
        return answer.text();
    }

    @Override
    public String toString() {
        return "ReplicaStatus[pagesFromReplica=%d, pagesFromPrimary=%d, answer=%s]"
                .formatted(pagesFromReplica, pagesFromPrimary, answer());
    }
}
