package io.eventcore.snapshot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Lets the executor store the state of a command class, and continue from it instead of folding all events.
 *
 * <p>Raise the {@link #version} whenever the same events lead to another state than before: when {@code initialState},
 * {@code apply}, {@code discoverStreams} or the meaning of the state changes. The library cannot detect that. A
 * snapshot is stored under the {@link #name}, the declared ids of the command and its {@code snapshotKey()}, so
 * everything that {@code apply} uses besides the events must be part of one of the last two.
 *
 * <p>For commands whose streams recur: a command on two accounts finds a snapshot only if the same two accounts meet
 * again. A class whose snapshots are stored and not used {@linkplain SnapshotSettings#maxUnused() stores no more}.
 *
 * <p>The state must survive its JSON form: what Jackson writes and reads back must be equal to it.
 *
 * @since 0.1
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Snapshot {
    /** Stands for the value of the executor's {@link SnapshotSettings}. */
    int AS_CONFIGURED = -1;

    /**
     * The stable name that snapshots of this class are stored under, for example {@code "bank.close-month"}: 1 to 255
     * characters without control characters or surrounding white space. Two classes must not share one. You can rename
     * the class; with another name, the old snapshots are no longer used, and all events are folded once.
     */
    String name();

    /** The version of the state; only snapshots of exactly this version are used. */
    int version();

    /** The number of folded events after which a new snapshot is stored; 1 or more. */
    int afterEvents() default AS_CONFIGURED;
}
