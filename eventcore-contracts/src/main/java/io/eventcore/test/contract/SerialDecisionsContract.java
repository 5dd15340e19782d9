package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.ConflictException;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Whatever is decided at the same time, there is an order in which the decisions could have been made one after the other:
 * the graph of which one has seen what of which other has no circle.
 *
 * <p>Decisions rest on random queries with AND, OR, types and streams, and write 0 to 2 events with random tags.
 */
abstract class SerialDecisionsContract extends TagFixture {
    /** Decisions stored on their own: where the store sends several at a time, in batches. */
    private static final int DECISIONS = 3_000;

    /** Decisions stored in transactions of callers, for each isolation. */
    private static final int DECISIONS_IN_TRANSACTIONS = 300;

    private static final int DECIDERS = 12;
    private static final int TAGS = 6;

    /** Decisions go on to new tags after so many, so that reads and graphs stay small. */
    private static final int EPOCH = 150;

    private final AtomicInteger stored = new AtomicInteger();
    private final AtomicInteger numbers = new AtomicInteger();

    @Test
    void decisions_stored_on_their_own_or_in_batches_are_serial() {
        assertSerial(decideUntil(DECISIONS, Optional.empty()), DECISIONS);
    }

    @Test
    void decisions_in_transactions_that_read_what_is_committed_are_serial() {
        assertSerial(
                decideUntil(DECISIONS_IN_TRANSACTIONS, in(TransactionDefinition.ISOLATION_READ_COMMITTED)),
                DECISIONS_IN_TRANSACTIONS);
    }

    @Test
    void decisions_in_transactions_with_repeatable_reads_are_serial() {
        assertSerial(
                decideUntil(DECISIONS_IN_TRANSACTIONS, in(TransactionDefinition.ISOLATION_REPEATABLE_READ)),
                DECISIONS_IN_TRANSACTIONS);
    }

    @Test
    void decisions_in_serializable_transactions_are_serial() {
        assertSerial(
                decideUntil(DECISIONS_IN_TRANSACTIONS, in(TransactionDefinition.ISOLATION_SERIALIZABLE)),
                DECISIONS_IN_TRANSACTIONS);
    }

    private Optional<TransactionTemplate> in(int isolation) {
        TransactionTemplate template =
                new TransactionTemplate(Objects.requireNonNull(transaction.getTransactionManager()));
        template.setIsolationLevel(isolation);
        return Optional.of(template);
    }

    private List<SerialOrder.Decision> decideUntil(int enough, Optional<TransactionTemplate> template) {
        ConcurrentLinkedQueue<SerialOrder.Decision> decisions = new ConcurrentLinkedQueue<>();
        Race.run(DECIDERS, decider -> {
            Random random = new Random(decider);
            EventStore through = decider % 2 == 0 ? store : other;
            while (stored.get() < enough) {
                Optional<SerialOrder.Decision> decision = template.isPresent() && random.nextInt(5) > 0
                        ? inTransaction(template.get(), through, random)
                        : decide(through, random);
                decision.ifPresent(made -> {
                    decisions.add(made);
                    stored.incrementAndGet();
                });
            }
            return true;
        });
        return List.copyOf(decisions);
    }

    private Optional<SerialOrder.Decision> inTransaction(
            TransactionTemplate template, EventStore through, Random random) {
        try {
            return Objects.requireNonNull(template.execute(status -> {
                Optional<SerialOrder.Decision> made = decide(through, random);
                if (random.nextInt(6) == 0) {
                    status.setRollbackOnly();
                    return Optional.<SerialOrder.Decision>empty();
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

    private Optional<SerialOrder.Decision> decide(EventStore through, Random random) {
        int epoch = stored.get() / EPOCH;
        EventQuery query = anyQuery(epoch, random);
        Set<Long> seen = new HashSet<>();
        var read = through.readEvents(query, SchoolEvent.class);
        read.forEach(event -> seen.add(SerialOrder.numberOf(event.event())));
        Boundary boundary = read.boundary();
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(1_000);
        }
        List<SchoolEvent> events = new ArrayList<>();
        for (int i = random.nextInt(8) == 0 ? 2 : 1 + random.nextInt(2); i < 3; i++) {
            events.add(anyEvent(epoch, random));
        }
        StreamWrites writes = writes(events.toArray(SchoolEvent[]::new)).restingOn(boundary);
        try {
            through.appendEvents(writes);
            return Optional.of(new SerialOrder.Decision(epoch, query, seen, events));
        } catch (ConflictException conflict) {
            return Optional.empty();
        } catch (TransientEventStoreException deadlockOfTransactions) {
            if (TransactionSynchronizationManager.isActualTransactionActive()) {
                throw deadlockOfTransactions;
            }
            return Optional.empty();
        }
    }

    private SchoolEvent anyEvent(int epoch, Random random) {
        Set<String> subjects = new HashSet<>();
        for (int i = random.nextInt(3); i < 3; i++) {
            subjects.add(subject(epoch, random));
        }
        String home = epoch + "-" + random.nextInt(4);
        long number = numbers.incrementAndGet();
        return random.nextBoolean() ? new Noted(home, subjects, number) : new Revised(home, subjects, number);
    }

    private static String subject(int epoch, Random random) {
        return epoch + "-" + random.nextInt(TAGS);
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
                ? EventQuery.ofStream(new Noted(epoch + "-" + random.nextInt(4), Set.of(), 0).streamId())
                : subject(subject(epoch, random));
        if (random.nextBoolean() && item.items().get(0).stream().isEmpty()) {
            item = item.and(EventTag.of("subject", subject(epoch, random)));
        }
        return switch (random.nextInt(3)) {
            case 0 -> item.ofTypes(Noted.class);
            case 1 -> item.ofTypes(Revised.class);
            default -> item;
        };
    }

    private static void assertSerial(List<SerialOrder.Decision> decisions, int enough) {
        assertThat(decisions).hasSizeGreaterThanOrEqualTo(enough);
        int last =
                decisions.stream().mapToInt(SerialOrder.Decision::epoch).max().orElseThrow();
        List<List<SerialOrder.Decision>> epochs = new ArrayList<>();
        for (int i = 0; i <= last; i++) {
            epochs.add(new ArrayList<>());
        }
        decisions.forEach(decision -> epochs.get(decision.epoch()).add(decision));
        int inCircles = 0;
        for (List<SerialOrder.Decision> epoch : epochs) {
            inCircles += SerialOrder.inCircles(epoch);
        }
        assertThat(inCircles)
                .as("decisions in circles, of %d", decisions.size())
                .isZero();
    }
}
