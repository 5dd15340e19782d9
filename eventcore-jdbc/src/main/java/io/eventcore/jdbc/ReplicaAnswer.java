package io.eventcore.jdbc;

/** What a standby says of a place in the WAL of its primary, or why it says nothing. */
enum ReplicaAnswer {
    /** Nothing: no reader was far enough behind to ask. */
    NOT_ASKED("no standby was asked yet"),

    /** It has replayed up to there: what it shows from now on lacks nothing. */
    REPLAYED("reads from it"),

    /** Not yet. */
    BEHIND("it has not replayed what is settled on the primary"),

    /** It was promoted, or was never a standby. */
    NO_STANDBY("the server that answers is not a standby"),

    /** It replays another cluster. */
    OTHER_CLUSTER("it is a standby of another cluster"),

    /** It replays what another server has written since a promotion, or has not noticed the last one yet. */
    OTHER_TIMELINE("it is not on the timeline of the primary, or has made no restart point since the last promotion"),

    /** It lacks an event that is settled on the primary, though it has come further. */
    OTHER_HISTORY("it lacks an event that is settled on the primary"),

    /** Nothing, since the primary gives no place to ask for. */
    NO_PLACE("the primary allows prepared transactions (max_prepared_transactions), or was replaced a moment ago"),

    /** It cannot be reached, or has ended the read. */
    FAILED("it cannot be reached, or has ended the read");

    private final String text;

    ReplicaAnswer(String text) {
        this.text = text;
    }

    /** Whether it makes no difference how long one waits for it to replay. */
    boolean isFailure() {
        return this != REPLAYED && this != BEHIND && this != NOT_ASKED;
    }

    /** For people. */
    String text() {
        return text;
    }
}
