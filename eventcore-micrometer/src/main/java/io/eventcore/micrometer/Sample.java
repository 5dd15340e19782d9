package io.eventcore.micrometer;

import io.eventcore.internal.OwnThreads;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that several gauges show and that costs a query to the store. The store is asked at most once a second, even
 * after a failure: a failure may take as long as the time-out of a connection.
 *
 * <p>Safe for any number of threads.
 */
final class Sample<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Sample.class);
    private static final long GOOD_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<T> source;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<T> last = Optional.empty();
    private boolean taken;
    private long takenAt;

    Sample(Supplier<T> source) {
        this(source, System::nanoTime);
    }

    Sample(Supplier<T> source, LongSupplier nanoTime) {
        this.source = source;
        this.nanoTime = nanoTime;
    }

    /** The value; empty if the store cannot be asked now. */
    Optional<T> value() {
        lock.lock();
        try {
            if (!taken || nanoTime.getAsLong() - takenAt > GOOD_FOR_NANOS) {
                last = take();
                taken = true;
                takenAt = nanoTime.getAsLong();
            }
            return last;
        } finally {
            lock.unlock();
        }
    }

    private Optional<T> take() {
        try {
            return Optional.of(source.get());
        } catch (RuntimeException e) {
            // The gauge has no value then; the health and other logs report that the store cannot be reached.
            LOG.debug("The store does not answer", OwnThreads.redacted(e));
            return Optional.empty();
        }
    }
}
