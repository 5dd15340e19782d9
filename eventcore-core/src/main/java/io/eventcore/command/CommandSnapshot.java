package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.GlobalPosition;
import io.eventcore.command.DecisionBasis.NotContinuedException;
import io.eventcore.internal.Callback;
import io.eventcore.internal.OwnThreads;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.transaction.AfterCommit;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshot of one command, for the length of one attempt: the attempt continues from it, and keeps a new one for
 * the next attempt.
 *
 * <p>Used by one thread; another thread saves the snapshots that it keeps.
 */
final class CommandSnapshot<S, E extends Event> {
    /** Keeps nothing: the next decision folds all events as well. */
    static final Runnable NOTHING = () -> {};

    private static final Logger LOG = LoggerFactory.getLogger(CommandSnapshot.class);

    private final StateSnapshots all;
    private final Command<S, E> command;
    private final String commandType;
    private final Snapshot declared;
    private final SnapshotKey key;
    private final StoredState<S> form;
    private @Nullable ReplayReason rejected;

    CommandSnapshot(
            StateSnapshots all, Command<S, E> command, Snapshot declared, SnapshotKey key, StoredState<S> form) {
        this.all = all;
        this.command = command;
        this.commandType = command.getClass().getName();
        this.declared = declared;
        this.key = key;
        this.form = form;
    }

    /**
     * Reads the streams of the command and those that it discovers; continues from the snapshot if there is one that
     * can be trusted.
     */
    DecisionBasis<S, E> read(EventStore events) {
        try {
            Optional<StoredSnapshot> stored = find(events);
            if (stored.isPresent()) {
                DecisionBasis<S, E> basis = DecisionBasis.continueFrom(events, command, form.reached(stored.get()));
                all.noteUsed(commandType);
                tell(listener -> listener.used(commandType));
                return basis;
            }
        } catch (NotContinuedException e) {
            reject(e.reason());
        } catch (EventStoreException | DecideAgainException e) {
            throw e;
        } catch (Throwable e) {
            // The command failed on a state that JSON has changed; on the true state it may succeed.
            reject(ReplayReason.UNREADABLE);
        }
        return DecisionBasis.read(events, command);
    }

    private void tell(Consumer<SnapshotListener> news) {
        Callback.SNAPSHOT_LISTENER.run(() -> news.accept(all.settings().listener()));
    }

    private Optional<StoredSnapshot> find(EventStore events) throws NotContinuedException {
        Optional<StoredSnapshot> stored;
        try {
            stored = all.store().find(key);
        } catch (Throwable e) {
            LOG.debug("The snapshot store failed", OwnThreads.redacted(e));
            throw new NotContinuedException(ReplayReason.UNAVAILABLE);
        }
        if (stored.isPresent() && stored.get().version() != declared.version()) {
            throw new NotContinuedException(ReplayReason.OUTDATED);
        }
        if (stored.isPresent()
                && !StoredState.readingKeyOf(stored.get())
                        .equals(events.internals().readingKey())) {
            throw new NotContinuedException(ReplayReason.OUTDATED);
        }
        return stored;
    }

    private void reject(ReplayReason reason) {
        rejected = reason;
        LOG.info("Did not use a snapshot of {} ({}); folded all events instead", commandType, reason);
        tell(listener -> listener.replayed(commandType, reason));
    }

    /**
     * Takes the state of a basis as it is now, because the decision that follows might change it.
     *
     * @return stores the snapshot. Run it when the decision is stored; inside a transaction of the caller, it waits for
     *     the commit
     */
    Runnable take(EventStore events, DecisionBasis<S, E> basis) {
        int afterEvents = declared.afterEvents() == Snapshot.AS_CONFIGURED
                ? all.settings().afterEvents()
                : declared.afterEvents();
        boolean due = rejected != null || basis.folded() >= afterEvents;
        // Pending events of other commands had no position yet when they were folded.
        if (!due
                || !basis.canBeContinued()
                || basis.position().equals(GlobalPosition.START)
                || StreamCache.isBeyondAll(basis.position())) {
            return NOTHING;
        }
        if (all.areOfNoUse(commandType)) {
            return this::dropUseless;
        }
        if (basis.holdsPersonalData()) {
            return this::dropPersonal;
        }
        if (!basis.isOfKnownTypes()) {
            return this::dropUnknown;
        }
        StoredSnapshot snapshot;
        try {
            snapshot = form.snapshot(
                    declared.version(), basis.reached(), events.internals().readingKey());
        } catch (Throwable e) {
            return () -> drop(e);
        }
        return () -> {
            if (events.internals().joinsCallersTransaction()) {
                AfterCommit.run(() -> saveLater(snapshot));
            } else {
                saveLater(snapshot);
            }
        };
    }

    /**
     * No erasure reaches personal data in a stored state. A snapshot from before the events held personal data remains.
     */
    private void dropPersonal() {
        tell(listener -> listener.dropped(commandType));
        if (all.isFirstWarningAbout(commandType)) {
            LOG.warn(
                    "{} folds events with @PersonalData, so the library stores no snapshot of it (logged once)",
                    commandType);
        }
    }

    /**
     * Commands on two of many streams, for example, seldom meet the same streams again. Then snapshots only fill the
     * store.
     */
    private void dropUseless() {
        tell(listener -> listener.dropped(commandType));
        if (all.isFirstWarningAbout(commandType)) {
            LOG.warn(
                    "{} snapshots of {} were stored in a row and none was used, so the library stores no more until"
                            + " one is used (logged once)."
                            + " A snapshot serves only commands with the same stream ids and the same snapshotKey():"
                            + " remove @Snapshot if the same ones seldom recur, as with a command on two of many"
                            + " streams, or raise eventcore.snapshots.max-unused",
                    all.settings().maxUnused(),
                    commandType);
        }
    }

    /**
     * Code that knows more types, in another instance or in a later release, would continue without the events that
     * this code has not seen.
     */
    private void dropUnknown() {
        tell(listener -> listener.dropped(commandType));
        if (all.isFirstWarningAbout(commandType)) {
            LOG.warn(
                    "{} folds streams that hold events of unknown types, so the library stores no snapshot of it"
                            + " (logged once)",
                    commandType);
        }
    }

    private void saveLater(StoredSnapshot snapshot) {
        try {
            all.settings().executor().execute(() -> save(snapshot));
        } catch (RejectedExecutionException e) {
            LOG.debug("Dropped a snapshot of {}: too many are waiting to be stored", commandType);
            tell(listener -> listener.dropped(commandType));
        } catch (Throwable e) {
            // Most likely, no thread could be started. The command has succeeded anyway.
            drop(e);
        }
    }

    private void save(StoredSnapshot snapshot) {
        try {
            if (rejected == ReplayReason.AHEAD_OF_LOG) {
                all.store().delete(key);
            }
            all.store().save(key, snapshot);
            all.noteSaved(commandType);
            tell(listener -> listener.saved(commandType));
        } catch (Throwable e) {
            drop(e);
        }
    }

    private void drop(Throwable e) {
        tell(listener -> listener.dropped(commandType));
        if (all.isFirstWarningAbout(commandType)) {
            // Jackson quotes the state that it cannot write, and so may the exceptions of the state's own code.
            LOG.warn("A snapshot of {} could not be stored (logged once)", commandType, OwnThreads.redacted(e));
        }
    }
}
