package io.eventcore.projection;

import io.eventcore.AppendListener;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Signals committed events from a store to the readers of its log in the same process. The store is built before its
 * readers, so both receive this object. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class AppendSignal implements AppendListener {
    private final List<Runnable> receivers = new CopyOnWriteArrayList<>();
    private final List<Runnable> senders = new CopyOnWriteArrayList<>();

    /** A signal without receivers. */
    public AppendSignal() {}

    /**
     * Calls a receiver after every commit from now on, here or in other processes. The receiver must return at once and
     * not throw.
     */
    public void addReceiver(Runnable receiver) {
        receivers.add(Objects.requireNonNull(receiver, "receiver"));
    }

    /** No longer calls it. */
    public void removeReceiver(Runnable receiver) {
        receivers.remove(receiver);
    }

    /**
     * Calls a sender after every commit of this process from now on, so that it can notify other processes. The sender
     * must return at once and not throw.
     */
    public void addSender(Runnable sender) {
        senders.add(Objects.requireNonNull(sender, "sender"));
    }

    /** No longer calls it. */
    public void removeSender(Runnable sender) {
        senders.remove(sender);
    }

    @Override
    public void eventsCommitted() {
        receivers.forEach(Runnable::run);
        senders.forEach(Runnable::run);
    }

    /** Hears that another process has committed, or may have: calls the receivers, but not the senders. */
    public void eventsCommittedElsewhere() {
        receivers.forEach(Runnable::run);
    }
}
