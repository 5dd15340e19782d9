package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Reads the log for one partition: with its own statements until it reaches the end. From then on, it uses the pages of
 * the shared reader of the end, while it keeps up.
 *
 * <p>Events that were read do not show their tags. So for a projection that wants tags, the shared reader only signals
 * new events, and the partition reads them with its own statement.
 *
 * <p>Used by one thread.
 */
final class PartitionReader<E extends Event> {
    /** Lower limit for the size of a page: small pages spend most of their time on the way. */
    private static final int READ_AHEAD = 2_000;

    private final Projection<E> projection;
    private final int partition;
    private final LogTail tail;
    private final Wakeup wakeup;
    private final LogScan scan;
    private final SharedPages pages;
    private final LongSupplier nanoTime;
    private final EventFilter filter;
    private final Predicate<StoredEvent> wanted;
    private final int limit;
    private boolean following;
    private boolean scanning;

    /** When a check last showed that the log is the one that the partition knows. */
    private long verifiedAt;

    /** @param wakeup woken when the shared reader has read something */
    PartitionReader(Projection<E> projection, int partition, RunnerContext context, Wakeup wakeup) {
        this.projection = projection;
        this.partition = partition;
        this.tail = context.tail();
        this.wakeup = wakeup;
        this.scan = LogScan.of(context.reader(), projection);
        this.pages = context.pages();
        this.nanoTime = context.nanoTime();
        Instant since = projection.since();
        this.filter = projection.filter();
        this.wanted =
                context.reader().internals().matching(filter.withAnyTags()).and(event -> LogScan.isNew(event, since));
        this.limit = Math.max(READ_AHEAD, context.settings().batchSize());
    }

    /** Whether it follows the shared reader: then its pages are as old as that reader's last look. */
    boolean isFollowing() {
        return following;
    }

    /**
     * A check has just shown that the log is the one that the partition knows: pages that were read earlier no longer
     * count.
     */
    void verified() {
        verifiedAt = nanoTime.getAsLong();
    }

    /**
     * The next page.
     *
     * @param fallenBehind called when the partition can no longer follow the shared reader
     * @param ownRead called before the partition, after following the shared reader, reads with its own statement: the
     *     log may have been set back
     */
    LogPage read(GlobalPosition after, Runnable fallenBehind, Runnable ownRead) {
        if (following) {
            Optional<LogPage> shared = tail.after(wakeup, after, limit);
            if (shared.isPresent()) {
                LogPage candidates = shared.get().only(wanted);
                if (filter.tags().isEmpty() || candidates.events().isEmpty()) {
                    return candidates;
                }
            } else {
                leaveTail();
                fallenBehind.run();
            }
            ownRead.run();
        }
        if (following) {
            return scan.read(after, limit);
        }
        scan();
        LogPage page = pages.read(scan, after, limit, verifiedAt);
        if (page.endReached()) {
            leavePages();
            tail.join(wakeup, page.continueAfter());
            following = true;
        }
        return page;
    }

    private void scan() {
        if (!scanning) {
            pages.join(scan);
            scanning = true;
        }
    }

    private void leavePages() {
        if (scanning) {
            pages.leave(scan);
            scanning = false;
        }
    }

    /** The events of a page that belong to the partition. */
    List<LogEntry<E>> own(LogPage page) {
        return LogEntry.ofPartition(page, partition, projection.partitions(), filter, projection.eventType());
    }

    /** Stops reading for now: follows no shared reader. */
    void leave() {
        leavePages();
        leaveTail();
    }

    private void leaveTail() {
        if (following) {
            tail.leave(wakeup);
            following = false;
        }
    }
}
