package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.StreamId;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A decision over one or several streams: which events follow from the events so far.
 *
 * <p>A command is an immutable value, usually a record whose components marked with {@link Stream} name the streams, or
 * with {@link io.eventcore.Tag} the subjects whose events count. It is pure: {@link #apply} and {@link #handle(Object)}
 * depend only on their arguments and the components, because both may run several times before one decision is stored.
 *
 * <pre>{@code
 * record WithdrawMoney(@Stream StreamId account, long cents) implements Command<Long, BankEvent> {
 *     public Long initialState() {
 *         return 0L;
 *     }
 *
 *     public Long apply(Long balance, BankEvent event) {
 *         return balance + event.change();
 *     }
 *
 *     public List<BankEvent> handle(Long balance) {
 *         Require.that(balance >= cents, "balance is %d", balance);
 *         return List.of(new MoneyWithdrawn(account, cents));
 *     }
 * }
 * }</pre>
 *
 * @param <S> the state the decision is made on; its values must be immutable
 * @param <E> the type of the events in the streams, usually a sealed interface
 * @since 0.1
 */
public interface Command<S, E extends Event> {
    /** The state before the first event. */
    S initialState();

    /**
     * The state after one more event. Pure; it must not refuse an event, since the event has happened.
     *
     * @param state the state before the event
     * @param event an event of one of the streams; events of several streams come in global order
     */
    S apply(S state, E event);

    /**
     * Decides. Pure.
     *
     * @param state the fold of all events of all streams of this command
     * @return the events that happen now, in order, each to a stream of this command or with a tag of its query; empty
     *     if nothing does
     * @throws RuntimeException if the domain rejects the command; the caller of the executor receives it unchanged
     */
    default List<? extends E> handle(S state) {
        throw new IllegalStateException(
                getClass().getName() + " must implement handle(state) or handle(state, context)");
    }

    /**
     * Decides, and knows the time and what is known about the caller. Implement this method instead of
     * {@link #handle(Object)} if the decision needs them.
     *
     * @param context the time of this attempt and the metadata of the events
     */
    default List<? extends E> handle(S state, CommandContext context) {
        return handle(state);
    }

    /**
     * The streams the decision rests on; the store checks all of them when it stores the decision.
     *
     * @return by default the ids in the components marked with {@link Stream}; not empty unless there is a
     *     {@link #query()}
     */
    default Set<StreamId> streams() {
        return CommandType.of(this).streamsOf(this);
    }

    /**
     * The events, found by their tags, that the decision rests on besides those of the {@link #streams()}. All are read
     * in the same cut; the store refuses the decision if a matching event has been committed since.
     *
     * <p>An item of the query that names no types stands for the types below {@link #eventType()}. An event that
     * carries a tag of the query may go to any stream.
     *
     * @return by default the events that carry any of the tags in the components marked with {@link io.eventcore.Tag};
     *     empty if none is marked. Override it if an event must carry several of the tags, or to name types
     */
    default Optional<EventQuery> query() {
        return CommandType.of(this).queryOf(this);
    }

    /**
     * More streams the decision rests on, known only from the state. The executor calls it again with the fold of all
     * streams so far, until it names no new stream.
     *
     * @param state the fold of the streams read so far
     * @return stream ids; those already read are ignored
     */
    default Set<StreamId> discoverStreams(S state) {
        return Set.of();
    }

    /**
     * More events the decision rests on, found by tags that are known only from the state. The executor calls it again
     * with the fold of all events so far, until it names nothing new.
     *
     * @param state the fold of the events read so far
     * @return a query; items already read are ignored
     */
    default Optional<EventQuery> discoverQuery(S state) {
        return Optional.empty();
    }

    /**
     * What the fold of this command depends on besides the declared ids and tags, if it has a
     * {@link io.eventcore.snapshot.Snapshot}: every other component that {@link #apply} or {@link #discoverStreams}
     * uses. Commands with equal ids and keys share a snapshot.
     *
     * @return by default nothing
     */
    default String snapshotKey() {
        return "";
    }

    /**
     * The type the streams are read as.
     *
     * @return by default the type argument {@code E} of the class
     */
    @SuppressWarnings("unchecked")
    default Class<E> eventType() {
        return (Class<E>) CommandType.of(this).eventType();
    }
}
