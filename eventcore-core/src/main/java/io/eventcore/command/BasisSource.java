package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;

/** Where the basis of one decision comes from, and what is kept of it for the next. */
interface BasisSource<S, E extends Event> {
    /** Keeps nothing: the next decision folds all events as well. */
    Runnable NOTHING = () -> {};

    /** Reads the streams of the command and what it discovers. */
    DecisionBasis<S, E> read(EventStore events);

    /**
     * Takes what is to be kept of a basis. The state is taken as it is now: the decision that follows might change it.
     *
     * @return keeps it; to be run when the decision is stored, and committed as soon as the caller's transaction is, if
     *     there is one
     */
    Runnable take(EventStore events, DecisionBasis<S, E> basis);

    /** Folds all events, and keeps nothing. */
    static <S, E extends Event> BasisSource<S, E> replaying(Command<S, E> command) {
        return new BasisSource<>() {
            @Override
            public DecisionBasis<S, E> read(EventStore events) {
                return DecisionBasis.read(events, command);
            }

            @Override
            public Runnable take(EventStore events, DecisionBasis<S, E> basis) {
                return NOTHING;
            }
        };
    }
}
