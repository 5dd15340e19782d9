package io.eventcore.test.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredPage;
import io.eventcore.TransientEventStoreException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Rows about personal data catch a key store that breaks them. */
@Tag("faults")
class PersonalDataContractCanFailTest {
    private static UnaryOperator<SubjectKeyStore> mutation = UnaryOperator.identity();
    private static UnaryOperator<EventStore> storeMutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("mutants")
    void what_is_broken_is_caught(String name, UnaryOperator<SubjectKeyStore> keys, String row) {
        mutation = keys;
        storeMutation = UnaryOperator.identity();

        ContractRows.assertFails(Mutated.class, row);
    }

    @Test
    void a_store_that_does_not_pass_over_an_erasure_is_caught() {
        mutation = UnaryOperator.identity();
        storeMutation = PersonalDataContractCanFailTest::passingOverNothing;

        ContractRows.assertFails(Mutated.class, "a_reader_of_the_applications_events_passes_over_an_erasure");
    }

    private static EventStore passingOverNothing(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                StoredPage found = readStored(filter, page);
                List<RecordedEvent<E>> events = found.events().stream()
                        .flatMap(event -> event.decode(filter, eventType).stream())
                        .toList();
                return new EventBatch<>(events, found.continueAfter(), found.endReached());
            }
        };
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                mutant(
                        "finds by the snapshot of the transaction",
                        FindingBySnapshot::new,
                        "a_transaction_reads_what_it_appends_of_a_subject_that_another_has_met_since_it_began"),
                mutant(
                        "erases what the transaction has seen",
                        ErasingNothingInTransactions::new,
                        "a_transaction_erases_a_subject_that_another_has_met_since_it_began"),
                mutant("finds one key at a time", FindingOneAtATime::new, "the_keys_of_a_page_are_asked_for_once"),
                mutant(
                        "does not tell erased subjects from a failure",
                        FailingWhereErased::new,
                        "an_append_that_is_sent_again_after_an_erasure_is_found"),
                mutant(
                        "finds erased keys as they were",
                        RememberingKeys::new,
                        "an_upcaster_is_given_what_may_be_read_and_its_parts_hold_personal_data"),
                mutant(
                        "finds one key at a time",
                        FindingOneAtATime::new,
                        "the_keys_of_a_page_are_asked_for_once_in_a_transaction_too"),
                mutant(
                        "finds erased keys as they were",
                        RememberingKeys::new,
                        "what_a_transaction_keeps_of_keys_ends_with_its_savepoint_and_with_itself"),
                mutant(
                        "locks what is not there",
                        LockingGaps::new,
                        "transactions_that_meet_different_new_subjects_do_not_wait_for_each_other"),
                mutant(
                        "takes each erasure for a repetition",
                        TakingEachForARepetition::new,
                        "a_key_that_came_back_from_a_backup_is_destroyed_and_told_again"),
                mutant(
                        "erases apart from what is told",
                        ErasingFirst::new,
                        "an_erasure_that_cannot_be_told_has_erased_nothing_and_shows_nothing"));
    }

    private static Arguments mutant(String name, UnaryOperator<SubjectKeyStore> keys, String row) {
        return arguments(name, keys, row);
    }

    static class Mutated extends PersonalDataContract {
        private final SubjectKeyStore keys = mutation.apply(new InMemorySubjectKeyStore());
        private @Nullable InMemoryEventStore events;

        @Override
        protected EventStore newStore(EventSerializer serializer) {
            if (events == null) {
                events = new InMemoryEventStore(serializer);
            }
            return storeMutation.apply(events.withSerializer(serializer));
        }

        @Override
        protected SubjectKeyStore newKeyStore() {
            return keys;
        }

        @Override
        protected SnapshotStore newSnapshotStore() {
            return new InMemorySnapshotStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    private static boolean inTransaction() {
        return TransactionSynchronizationManager.isActualTransactionActive();
    }

    private static final class FindingBySnapshot extends ForwardingSubjectKeyStore {
        FindingBySnapshot(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            return inTransaction() ? new HashMap<>() : super.find(ids);
        }
    }

    private static final class ErasingNothingInTransactions extends ForwardingSubjectKeyStore {
        ErasingNothingInTransactions(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public void erase(String subject, Consumer<Erasure> alongside) {
            if (inTransaction()) {
                alongside.accept(Erasure.NOW);
            } else {
                super.erase(subject, alongside);
            }
        }
    }

    private static final class RememberingKeys extends ForwardingSubjectKeyStore {
        private final Map<UUID, SubjectKey> keys = new ConcurrentHashMap<>();

        RememberingKeys(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            super.find(ids).forEach(keys::putIfAbsent);
            return Map.copyOf(keys);
        }
    }

    private static final class FindingOneAtATime extends ForwardingSubjectKeyStore {
        FindingOneAtATime(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            return super.find(ids.stream().limit(1).toList());
        }
    }

    private static final class FailingWhereErased extends ForwardingSubjectKeyStore {
        FailingWhereErased(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
            Map<String, SubjectKey> keys = super.keysOf(subjects);
            if (keys.values().stream().anyMatch(SubjectKey::isErased)) {
                throw new TransientEventStoreException("no key", null);
            }
            return keys;
        }
    }

    private static final class LockingGaps extends ForwardingSubjectKeyStore {
        private final ReentrantLock gap = new ReentrantLock();

        LockingGaps(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
            if (gap.isLocked() && !gap.isHeldByCurrentThread()) {
                throw new TransientEventStoreException("waited for too long", null);
            }
            if (inTransaction()) {
                gap.lock();
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCompletion(int status) {
                        gap.unlock();
                    }
                });
            }
            return super.keysOf(subjects);
        }
    }

    private static final class TakingEachForARepetition extends ForwardingSubjectKeyStore {
        TakingEachForARepetition(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public void erase(String subject, Consumer<Erasure> alongside) {
            super.erase(subject, erasure -> alongside.accept(Erasure.BEFORE));
        }
    }

    private static final class ErasingFirst extends ForwardingSubjectKeyStore {
        ErasingFirst(SubjectKeyStore sound) {
            super(sound);
        }

        @Override
        public void erase(String subject, Consumer<Erasure> alongside) {
            super.erase(subject, erasure -> {});
            alongside.accept(Erasure.NOW);
        }
    }
}
