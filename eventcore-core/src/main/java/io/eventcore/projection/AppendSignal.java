package io.eventcore.projection;

import io.eventcore.AppendListener;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Carries the news that events were committed from a store to those who follow its log in the same process. The store is
 * made before they are; this is what both can be given. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class AppendSignal implements AppendListener {
    private final List<Runnable> receivers = new CopyOnWriteArrayList<>();
    private final List<Runnable> senders = new CopyOnWriteArrayList<>();

    /** A signal without receivers. */
    public AppendSignal() {}

    /** Calls this after every commit from now on, here or elsewhere; it must return at once and not throw. */
    public void addReceiver(Runnable receiver) {
        receivers.add(Objects.requireNonNull(receiver, "receiver"));
    }

    /** Calls this no more. */
    public void removeReceiver(Runnable receiver) {
        receivers.remove(receiver);
    }

    /**
     * Calls this after every commit of this process from now on, for it to tell other processes; it must return at once
     * and not throw.
     */
    public void addSender(Runnable sender) {
        senders.add(Objects.requireNonNull(sender, "sender"));
    }

    /** Calls this no more. */
    public void removeSender(Runnable sender) {
        senders.remove(sender);
    }

    @Override
    public void eventsCommitted() {
        receivers.forEach(Runnable::run);
        senders.forEach(Runnable::run);
    }

    /** Another process has committed, or may have: tells the receivers, and does not send it on. */
    public void eventsCommittedElsewhere() {
        receivers.forEach(Runnable::run);
    }
}
