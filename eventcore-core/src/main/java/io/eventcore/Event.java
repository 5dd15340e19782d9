package io.eventcore;

import java.util.Set;

/**
 * A fact of the domain, named in the past tense.
 *
 * <p>Events are immutable values, usually records under one sealed interface per domain. A store keeps them forever,
 * under the stable name of {@link EventType} and in the shape that its serializer gives them.
 *
 * <pre>{@code
 * public sealed interface BankEvent extends Event {
 *     StreamId account();
 *
 *     @Override
 *     default StreamId streamId() {
 *         return account();
 *     }
 *
 *     @EventType("bank.money-deposited")
 *     record MoneyDeposited(StreamId account, long cents) implements BankEvent {}
 * }
 * }</pre>
 *
 * @since 0.1
 */
public interface Event {
    /**
     * The stream this event belongs to.
     *
     * <p>Asked once, when the event is added to a {@link StreamWrites}. When the event is read back, the stream it is
     * stored in counts ({@link RecordedEvent#streamId()}), whatever this method returns then. A type that does not know
     * its stream does not implement this method; its events are added with
     * {@link StreamWrites#append(StreamId, Event)}.
     *
     * @return the stream this event belongs to
     * @throws IllegalStateException if the type does not say which stream its events belong to
     */
    default StreamId streamId() {
        throw new IllegalStateException(getClass().getName()
                + " does not say which stream it belongs to: implement streamId() or use append(streamId, event)");
    }

    /**
     * What this event is about besides its stream; decisions and readers find it by these tags.
     *
     * <p>Asked once, when the event is added to a {@link StreamWrites}, and kept in an index: when the event is read
     * back, the stored tags count and this method is not called. So if you forget a tag, the event never gets it, and a
     * rule that rests on the tag misses the event. A tag is never erased, so it must not contain {@link PersonalData}.
     *
     * @return {@value EventTag#MAX_PER_EVENT} tags at most; by default those that {@link Tag} marks
     */
    default Set<EventTag> eventTags() {
        return EventTag.markedOn(this);
    }
}
