package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.transaction.support.TransactionTemplate;

/** Plans what some writers do before they begin, so that chance decides on no way; and counts what they have done. */
final class PlannedAppends {
    /** One of so many appends is rolled back. */
    private static final int ONE_ROLLBACK_IN = 20;

    private final EventStore store;
    private final EventStore other;
    private final TransactionTemplate transaction;
    private final List<Way> plan;
    private final int appendsPerWriter;
    private final long maxHoldNanos;
    private final Map<Way, LongAdder> done = new ConcurrentHashMap<>();

    /** How an append is made and how its transaction ends. */
    enum Way {
        /** By the first store, in a transaction of its own. */
        BY_ITSELF,

        /** By the second store, in a transaction of its own. */
        BY_THE_OTHER_STORE,

        /** In a transaction of the caller, which is kept open for a while. */
        IN_TRANSACTION,

        /** In a transaction of the caller, which is kept open for a while and then rolled back. */
        ROLLED_BACK;

        /** Every way has a fixed share, whatever the order. */
        static Way ofShare(int number) {
            int share = number % ONE_ROLLBACK_IN;
            if (share == 0) {
                return ROLLED_BACK;
            }
            return share < 8 ? IN_TRANSACTION : share < 14 ? BY_THE_OTHER_STORE : BY_ITSELF;
        }
    }

    PlannedAppends(
            EventStore store,
            EventStore other,
            TransactionTemplate transaction,
            int writers,
            int appendsPerWriter,
            long maxHoldNanos) {
        this.store = store;
        this.other = other;
        this.transaction = transaction;
        this.appendsPerWriter = appendsPerWriter;
        this.maxHoldNanos = maxHoldNanos;
        this.plan = IntStream.range(0, writers * appendsPerWriter)
                .mapToObj(Way::ofShare)
                .collect(Collectors.toCollection(ArrayList::new));
        Collections.shuffle(plan, new Random(writers));
    }

    List<Way> waysOf(int writer) {
        return plan.subList(writer * appendsPerWriter, (writer + 1) * appendsPerWriter);
    }

    /** Appends; returns whether the append lasts. */
    boolean append(Way way, Random random, StreamWrites writes) {
        boolean lasts = switch (way) {
            case BY_ITSELF -> appendBy(store, writes);
            case BY_THE_OTHER_STORE -> appendBy(other, writes);
            case IN_TRANSACTION, ROLLED_BACK -> appendInTransaction(way, random, writes);
        };
        done.computeIfAbsent(way, any -> new LongAdder()).increment();
        return lasts;
    }

    private static boolean appendBy(EventStore own, StreamWrites writes) {
        own.appendEvents(writes);
        return true;
    }

    private boolean appendInTransaction(Way way, Random random, StreamWrites writes) {
        try {
            transaction.executeWithoutResult(status -> {
                store.appendEvents(writes);
                LockSupport.parkNanos(random.nextLong(maxHoldNanos));
                if (way == Way.ROLLED_BACK) {
                    status.setRollbackOnly();
                }
            });
            return way == Way.IN_TRANSACTION;
        } catch (VersionConflictException lostAtCommit) {
            return false;
        }
    }

    /**
     * Guards the test itself: the writers used every way as often as planned, and one append in twenty was rolled back.
     */
    void assertCarriedOut() {
        for (Way way : Way.values()) {
            assertThat(done.getOrDefault(way, new LongAdder()).sum())
                    .as("appends %s", way)
                    .isEqualTo(Collections.frequency(plan, way));
        }
        assertThat(Collections.frequency(plan, Way.ROLLED_BACK) * ONE_ROLLBACK_IN)
                .isEqualTo(plan.size());
    }
}
