package io.eventcore.autoconfigure;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks through a slice of the log, backwards or forwards. What one question may cost is decided here: no more than
 * {@link #MAX_ROWS} rows, and no new page once {@link #MAX_BYTES} were read. Nothing is decoded.
 */
final class LogSlices {
    /** How many events one question looks at, at most. */
    static final int MAX_ROWS = 10_000;

    /** How many bytes of payload and metadata, after which no further page is read. */
    static final long MAX_BYTES = 16L * 1024 * 1024;

    /** How many events are read at once, at most. A store ends a page of large events earlier. */
    private static final int PAGE = 1_000;

    /** How many positions back the first look is, at most: how large the events are is not known yet. */
    private static final int FIRST = 64;

    /** How many bytes of a window, after which it is given up for a smaller one. */
    private static final long WINDOW_BYTES = MAX_BYTES / 4;

    private final EventReader log;
    private final int maxRows;

    LogSlices(EventReader log) {
        this(log, MAX_ROWS);
    }

    /**
     * Slices of fewer rows.
     *
     * @param maxRows how many at most
     */
    LogSlices(EventReader log, int maxRows) {
        this.log = log;
        this.maxRows = maxRows;
    }

    /**
     * What was found in a slice.
     *
     * @param found in the order in which it was looked for
     * @param scanned how many events were looked at
     * @param reached where to go on: backwards before this position, forwards after it
     * @param endReached whether nothing is left in that direction
     */
    record Slice<T>(List<T> found, int scanned, long reached, boolean endReached) {
        /** Where to go on; null if nothing is left. */
        @Nullable
        Long more() {
            return endReached ? null : reached;
        }
    }

    /**
     * Looks at the events before a position, the last one first.
     *
     * @param limit how many to find, at most
     * @param wanted what to keep of an event; null if it is not wanted
     */
    <T> Slice<T> before(long position, int limit, Function<StoredEvent, @Nullable T> wanted) {
        return new Backwards<>(limit, wanted).from(position);
    }

    /** Looks at the events after a position, the first one first. Otherwise as {@link #before}. */
    <T> Slice<T> after(long position, int limit, Function<StoredEvent, @Nullable T> wanted) {
        List<T> found = new ArrayList<>();
        int scanned = 0;
        long bytes = 0;
        long reached = position;
        while (scanned < maxRows && bytes < MAX_BYTES) {
            StoredPage page = page(reached, Math.min(scanned == 0 ? limit : PAGE, maxRows - scanned));
            bytes += page.bytes();
            for (StoredEvent event : page.events()) {
                scanned++;
                T kept = wanted.apply(event);
                if (kept != null) {
                    found.add(kept);
                    if (found.size() == limit) {
                        return new Slice<>(found, scanned, event.position().value(), false);
                    }
                }
            }
            reached = page.continueAfter().value();
            if (page.endReached()) {
                return new Slice<>(found, scanned, reached, true);
            }
        }
        return new Slice<>(found, scanned, reached, false);
    }

    private StoredPage page(long after, int limit) {
        return log.internals().readStored(EventFilter.all(), EventPage.after(GlobalPosition.of(after), limit));
    }

    /**
     * One look backwards. Stores read forwards only, so it reads windows of the log, each before the one before. How many
     * positions a window has follows from how many events and bytes the last one held: positions have gaps.
     */
    private final class Backwards<T> {
        private final int limit;
        private final Function<StoredEvent, @Nullable T> wanted;
        private final List<T> found = new ArrayList<>();
        private int scanned;
        private long bytes;

        private Backwards(int limit, Function<StoredEvent, @Nullable T> wanted) {
            this.limit = limit;
            this.wanted = wanted;
        }

        Slice<T> from(long position) {
            long last = position - 1;
            long span = Math.min(limit, FIRST);
            // The first window is read to its end, so that each question gets on.
            while (last > 0 && scanned < maxRows && (bytes < MAX_BYTES || last == position - 1)) {
                long first = Math.max(0, last - span);
                Window<T> window = window(first, last);
                if (!window.whole) {
                    if (scanned < maxRows) {
                        // More events, or larger ones, than the window before let expect: a smaller one can be read to
                        // its end.
                        span = Math.max(1, (last - first) / 8);
                        continue;
                    }
                    return new Slice<>(found, scanned, last + 1, false);
                }
                for (int i = window.hits.size() - 1; i >= 0; i--) {
                    found.add(window.hits.get(i).kept);
                    if (found.size() == limit) {
                        return new Slice<>(found, scanned, window.hits.get(i).position, i == 0 && first == 0);
                    }
                }
                span = next(last - first, window);
                last = first;
            }
            return new Slice<>(found, scanned, last + 1, last <= 0);
        }

        /** How many positions the next window has, so that it holds no more events and bytes than one page should. */
        private long next(long span, Window<T> window) {
            if (window.events == 0) {
                return grown(span);
            }
            double fitting = Math.min(PAGE, maxRows - scanned);
            if (window.bytes > 0) {
                fitting = Math.min(fitting, (double) WINDOW_BYTES / 2 / window.bytes * window.events);
            }
            double positionsPerEvent = Math.max(1, (double) span / window.events);
            return Math.max(1, Math.min(grown(span), (long) (fitting * positionsPerEvent)));
        }

        private static long grown(long span) {
            return span > Long.MAX_VALUE / 8 ? Long.MAX_VALUE : span * 8;
        }

        /** Reads the events from {@code first}, itself excluded, to {@code last}. */
        private Window<T> window(long first, long last) {
            Window<T> window = new Window<>();
            long reached = first;
            while (!window.whole && scanned < maxRows && window.events <= 2 * PAGE && window.bytes < WINDOW_BYTES) {
                StoredPage page = page(reached, (int) Math.min(Math.min(last - first, PAGE), maxRows - scanned));
                for (StoredEvent event : page.events()) {
                    scanned++;
                    if (event.position().value() <= last) {
                        window.take(event, wanted);
                    }
                }
                bytes += page.bytes();
                reached = page.continueAfter().value();
                window.whole = reached >= last || page.endReached();
            }
            return window;
        }
    }

    /** What is kept of the events between two positions. */
    private static final class Window<T> {
        private final List<Hit<T>> hits = new ArrayList<>();
        private int events;
        private long bytes;
        private boolean whole;

        private void take(StoredEvent event, Function<StoredEvent, @Nullable T> wanted) {
            events++;
            bytes += event.bytes();
            T kept = wanted.apply(event);
            if (kept != null) {
                hits.add(new Hit<>(event.position().value(), kept));
            }
        }
    }

    private record Hit<T>(long position, T kept) {}
}
