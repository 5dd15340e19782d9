package io.eventcore.jdbc;

/** The answer of a standby about a place in the WAL of its primary, or the reason why there is none. */
enum ReplicaAnswer {
    /** Nothing: no reader was far enough behind to ask. */
    NOT_ASKED("no standby was asked yet"),

    /** The standby has replayed up to the place: what it shows from now on lacks nothing. */
    REPLAYED("reads from it"),

    /** The standby has not replayed up to the place yet. */
    BEHIND("it has not replayed what is settled on the primary"),

    /** The server was promoted, or was never a standby. */
    NO_STANDBY("the server that answers is not a standby"),

    /** The standby replays another cluster. */
    OTHER_CLUSTER("it is a standby of another cluster"),

    /**
     * The standby replays what another server has written since a promotion, or has not noticed the last promotion yet.
     */
    OTHER_TIMELINE("it is not on the timeline of the primary, or has made no restart point since the last promotion"),

    /** The standby lacks an event that is settled on the primary, though it has replayed beyond it. */
    OTHER_HISTORY("it lacks an event that is settled on the primary"),

    /** No question, because clients would find each other's statements or settings on the way to the standby. */
    SHARED_SESSIONS(
            "a pooler before it lets clients run each other's prepared statements or find each other's isolation: set"
                    + " prepareThreshold=0 in its URL, or max_prepared_statements in PgBouncer 1.21 or later, and let the role's"
                    + " default_transaction_isolation be 'read committed'"),

    /** No answer, because the primary has no place to ask for. */
    NO_PLACE("the primary allows prepared transactions (max_prepared_transactions), or was replaced a moment ago"),

    /** The standby cannot be reached, or has ended the read. */
    FAILED("it cannot be reached, or has ended the read");

    private final String text;

    ReplicaAnswer(String text) {
        this.text = text;
    }

    /** Whether waiting for the standby to replay makes no difference. */
    boolean isFailure() {
        return this != REPLAYED && this != BEHIND && this != NOT_ASKED;
    }

    /** The answer for people. */
    String text() {
        return text;
    }
}
