package io.eventcore.test.contract;

import io.eventcore.ConflictException;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.QueriedEvents;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import io.eventcore.test.contract.SerialOrder.Decision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes random decisions. Each rests on a query with AND, OR, types and streams, and writes no event, or one or two
 * events with random tags. Decisions of several deciders, in one process or in several, meet at the same tags.
 *
 * <p>Thread-safe.
 *
 * @since 0.1
 */
public final class SerialDecider {
    private static final int TAGS = 6;
    private static final int HOMES = 4;

    /** After so many decisions, the next ones use new tags, so that reads and graphs stay small. */
    private static final int EPOCH = 60;

    /**
     * How a decision is stored.
     *
     * @since 0.1
     */
    public enum Storing {
        /** By itself, or in a batch of the store. */
        ALONE(TransactionDefinition.ISOLATION_DEFAULT),
        /** In a transaction of its caller. */
        READ_COMMITTED(TransactionDefinition.ISOLATION_READ_COMMITTED),
        /** In a transaction of its caller with one snapshot. */
        REPEATABLE_READ(TransactionDefinition.ISOLATION_REPEATABLE_READ),
        /** In a serializable transaction of its caller. */
        SERIALIZABLE(TransactionDefinition.ISOLATION_SERIALIZABLE);

        private final int isolation;

        Storing(int isolation) {
            this.isolation = isolation;
        }
    }

    private final EventStore store;
    private final PlatformTransactionManager transactions;
    private final AtomicLong numbers;
    private final AtomicInteger epochs = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger refusedWithoutReason = new AtomicInteger();

    /**
     * Makes decisions on a store.
     *
     * @param transactions manages the transactions that appends to the store join
     * @param firstNumber where the numbers of the events begin; the numbers of two deciders must not meet
     */
    public SerialDecider(EventStore store, PlatformTransactionManager transactions, long firstNumber) {
        this.store = store;
        this.transactions = transactions;
        this.numbers = new AtomicLong(firstNumber);
    }

    /**
     * Makes decisions on several threads.
     *
     * @param threads how many threads
     * @param enough how many decisions to make
     * @param deciders who makes them, each on as many threads as the others
     * @param storing how four of five decisions are stored; the others are stored alone
     * @return the decisions that were made
     * @throws AssertionError if a decision to be stored alone meets a deadlock, although no transactions of callers
     *     run at the same time
     */
    public static List<Decision> decideUntil(int threads, int enough, List<SerialDecider> deciders, Storing storing) {
        Queue<Decision> decisions = new ConcurrentLinkedQueue<>();
        AtomicInteger left = new AtomicInteger(enough);
        int firstEpoch = deciders.get(0).epochs.getAndAdd(enough / EPOCH + 1);
        try {
            Race.run(threads, thread -> {
                Random random = new Random(thread);
                SerialDecider decider = deciders.get(thread % deciders.size());
                while (left.get() > 0) {
                    int epoch = firstEpoch + (enough - Math.max(1, left.get())) / EPOCH;
                    decider.decideAmong(storing, epoch, random).ifPresent(made -> {
                        decisions.add(made);
                        left.decrementAndGet();
                    });
                }
                return true;
            });
        } finally {
            left.set(0);
        }
        return List.copyOf(decisions);
    }

    private Optional<Decision> decideAmong(Storing storing, int epoch, Random random) {
        try {
            return decide(random.nextInt(5) == 0 ? Storing.ALONE : storing, epoch, random);
        } catch (TransientEventStoreException deadlock) {
            // This happens with transactions that lock what they read.
            if (storing == Storing.ALONE) {
                throw deadlock;
            }
            return Optional.empty();
        }
    }

    /**
     * Makes one decision.
     *
     * @param epoch decisions of different epochs have no tag in common
     * @return the decision; empty if it was refused or rolled back
     * @throws TransientEventStoreException if the decision was to be stored alone and met a deadlock
     */
    public Optional<Decision> decide(Storing storing, int epoch, Random random) {
        if (storing == Storing.ALONE) {
            return decide(epoch, random, true);
        }
        TransactionTemplate template = new TransactionTemplate(transactions);
        template.setIsolationLevel(storing.isolation);
        try {
            return Objects.requireNonNull(template.execute(status -> {
                Optional<Decision> made = decide(epoch, random, false);
                if (random.nextInt(6) == 0) {
                    status.setRollbackOnly();
                    return Optional.<Decision>empty();
                }
                return made;
            }));
        } catch (TransientEventStoreException
                | ConflictException
                | ConcurrencyFailureException
                | TransactionException repeatable) {
            return Optional.empty();
        }
    }

    /** How many decisions that were to be stored alone were refused. */
    public int refused() {
        return refused.get();
    }

    /** How many of the {@link #refused()} decisions had seen everything that their query finds. */
    public int refusedWithoutReason() {
        return refusedWithoutReason.get();
    }

    private Optional<Decision> decide(int epoch, Random random, boolean alone) {
        EventQuery query = anyQuery(epoch, random);
        QueriedEvents<SchoolEvent> read = store.readEvents(query, SchoolEvent.class);
        Set<Long> seen = numbersOf(read);
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(1_000);
        }
        List<SchoolEvent> events = new ArrayList<>();
        for (int count = random.nextInt(16) == 0 ? 0 : 1 + random.nextInt(2); events.size() < count; ) {
            events.add(anyEvent(epoch, random));
        }
        StreamWrites writes =
                TagFixture.writes(events.toArray(SchoolEvent[]::new)).restingOn(read.boundary());
        try {
            store.appendEvents(writes);
            return Optional.of(new Decision(epoch, query, seen, events));
        } catch (ConflictException conflict) {
            if (alone) {
                refused.incrementAndGet();
                if (seen.containsAll(numbersOf(store.readEvents(query, SchoolEvent.class)))) {
                    refusedWithoutReason.incrementAndGet();
                }
            }
            return Optional.empty();
        }
    }

    private static Set<Long> numbersOf(QueriedEvents<SchoolEvent> read) {
        Set<Long> found = new HashSet<>();
        read.forEach(event -> found.add(SerialOrder.numberOf(event.event())));
        return found;
    }

    private SchoolEvent anyEvent(int epoch, Random random) {
        Set<String> subjects = new HashSet<>();
        for (int i = random.nextInt(3); i < 3; i++) {
            subjects.add(subject(epoch, random));
        }
        String home = home(epoch, random);
        long number = numbers.incrementAndGet();
        return random.nextBoolean() ? new Noted(home, subjects, number) : new Revised(home, subjects, number);
    }

    private static String subject(int epoch, Random random) {
        return epoch + "-" + random.nextInt(TAGS);
    }

    private static String home(int epoch, Random random) {
        return epoch + "-" + random.nextInt(HOMES);
    }

    private static EventQuery anyQuery(int epoch, Random random) {
        EventQuery query = anyItem(epoch, random);
        for (int i = random.nextInt(3); i < 2; i++) {
            query = query.or(anyItem(epoch, random));
        }
        return query;
    }

    private static EventQuery anyItem(int epoch, Random random) {
        EventQuery item = random.nextInt(8) == 0
                ? EventQuery.ofStream(new Noted(home(epoch, random), Set.of(), 0).streamId())
                : TagFixture.subject(subject(epoch, random));
        if (random.nextBoolean() && item.items().get(0).stream().isEmpty()) {
            item = item.and(EventTag.of("subject", subject(epoch, random)));
        }
        return switch (random.nextInt(3)) {
            case 0 -> item.ofTypes(Noted.class);
            case 1 -> item.ofTypes(Revised.class);
            default -> item;
        };
    }
}
