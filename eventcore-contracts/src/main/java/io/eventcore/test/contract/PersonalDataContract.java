package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.transaction.TransactionPhase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is promised about personal data: it can be erased from events that never change.
 *
 * @since 0.1
 */
public abstract class PersonalDataContract {
    private static final StreamId STREAM = StreamId.of("customer-7");
    private static final String ADA = "ada";
    private static final String BOB = "bob";
    private static final String ERASED = "[erased]";
    private static final Duration FOR_LONG = Duration.ofHours(1);
    private static final Duration SHORTLY = Duration.ofMillis(200);

    private Instance here;
    private Instance elsewhere;
    private TransactionTemplate transaction;

    /** For subclasses. */
    protected PersonalDataContract() {}

    /** The events of this contract. */
    @EventType("contract.met")
    public record Met(
            StreamId streamId,
            String first,
            @PersonalData(subject = "first") String firstName,
            String second,
            @PersonalData(subject = "second") String secondName)
            implements Event {}

    /** An event as an earlier release has stored it. */
    @EventType("contract.named")
    public record Named(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String name) implements Event {}

    /** What it is today, one part of it. */
    @EventType(value = "contract.named", revision = 2)
    public record NamedApart(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String first,
            @PersonalData(subject = "customer") String last)
            implements Event {}

    /** The other part. Its component is no personal data any more, as its upcaster thinks. */
    @EventType("contract.greeted")
    public record Greeted(StreamId streamId, String words) implements Event {}

    /** An instance of the application. */
    private static final class Instance {
        private final SubjectKeyStore keys;
        private final PersonalDataProtection protection;
        private final EventStore store;
        private final PersonalDataEraser eraser;

        private Instance(PersonalDataContract contract, Duration keysLiveFor) {
            this(contract, contract.newKeyStore(), keysLiveFor);
        }

        private Instance(PersonalDataContract contract, SubjectKeyStore keys, Duration keysLiveFor) {
            this(contract, keys, keysLiveFor, EventTypes.of(Met.class));
        }

        private Instance(PersonalDataContract contract, SubjectKeyStore keys, Duration keysLiveFor, EventTypes types) {
            this.keys = keys;
            this.protection = PersonalDataProtection.builder(keys)
                    .keysLiveFor(keysLiveFor)
                    .build();
            this.store = contract.newStore(
                    new JacksonEventSerializer(types, EventJson.builder().build(), protection));
            this.eraser = PersonalDataEraser.of(store, protection);
        }

        void append(Event event) {
            store.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }

        List<Met> read() {
            return store.readStream(STREAM, Met.class).stream()
                    .map(RecordedEvent::event)
                    .toList();
        }
    }

    /** A store of the same events for every call within a test, as another process has it; empty when the test begins. */
    protected abstract EventStore newStore(EventSerializer serializer);

    /** The keys that belong to {@link #newStore}, as another process has them. */
    protected abstract SubjectKeyStore newKeyStore();

    /** Snapshots beside {@link #newStore}. */
    protected abstract SnapshotStore newSnapshotStore();

    /** Manages the transactions that appends join. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithTwoInstances() {
        here = new Instance(this, FOR_LONG);
        elsewhere = new Instance(this, SHORTLY);
        PlatformTransactionManager manager = transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
    }

    private static Met met() {
        return new Met(STREAM, ADA, "Ada Lovelace", BOB, "Bob Taylor");
    }

    @Test
    void what_is_erased_reads_as_a_placeholder_by_every_way_and_other_subjects_of_the_event_do_not() {
        here.append(met());
        assertThat(here.read()).containsExactly(met());
        assertThat(elsewhere.read()).containsExactly(met());

        here.eraser.erase(ADA);

        Met erased = new Met(STREAM, ADA, ERASED, BOB, "Bob Taylor");
        assertThat(here.read()).containsExactly(erased);
        assertThat(here.store.readStreams(Map.of(STREAM, StreamVersion.NONE), Met.class).stream()
                        .map(RecordedEvent::event))
                .containsExactly(erased);
        assertThat(here.store
                        .readEvents(EventFilter.all().ofTypes(Met.class), EventPage.first(10), Event.class)
                        .events())
                .extracting(RecordedEvent::event)
                .containsExactly(erased);
        assertThat(undecoded(here, Met.class)).containsExactly(erased);
        Eventually.until(
                "the other instance has forgotten the key",
                () -> elsewhere.read().equals(List.of(erased)));
        assertThat(new Instance(this, FOR_LONG).read()).containsExactly(erased);
    }

    private static List<Event> undecoded(Instance instance, Class<? extends Event> type) {
        return instance
                .store
                .internals()
                .readStored(EventFilter.all().ofTypes(type), EventPage.first(100))
                .events()
                .stream()
                .flatMap(stored -> stored.decode(Event.class).stream())
                .<Event>map(RecordedEvent::event)
                .toList();
    }

    @Test
    void an_event_that_is_kept_undecoded_does_not_keep_what_is_erased() {
        here.append(met());
        StoredEvent kept = here.store
                .internals()
                .readStored(EventFilter.all(), EventPage.first(1))
                .events()
                .get(0);
        assertThat(kept.decode(Event.class).get(0).event()).isEqualTo(met());

        here.eraser.erase(ADA);

        assertThat(((Met) kept.decode(Event.class).get(0).event()).firstName()).isEqualTo(ERASED);
    }

    @Test
    void projections_are_told_once_and_after_the_key_is_gone() {
        here.append(met());

        here.eraser.erase(ADA);
        here.eraser.erase(ADA);
        elsewhere.eraser.erase(ADA);

        assertThat(undecoded(elsewhere, SubjectErased.class)).containsExactly(new SubjectErased(ADA));
    }

    @Test
    void who_has_read_that_a_subject_is_erased_reads_nothing_of_it_any_more() {
        here.append(met());
        Map<String, SubjectKey> before = here.keys.keysOf(List.of(ADA, BOB));
        elsewhere = new Instance(this, FOR_LONG);
        assertThat(elsewhere.read()).containsExactly(met());

        here.eraser.erase(ADA);
        // A slow append, whose keys were read before.
        new Instance(
                        this,
                        new Forwarding(newKeyStore()) {
                            @Override
                            public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
                                return before;
                            }
                        },
                        FOR_LONG)
                .append(met());

        List<RecordedEvent<Event>> log = elsewhere
                .store
                .readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                .events();
        assertThat(log)
                .extracting(RecordedEvent::event)
                .endsWith(new SubjectErased(ADA), new Met(STREAM, ADA, ERASED, BOB, "Bob Taylor"));
    }

    @Test
    void an_erasure_that_is_rolled_back_has_erased_nothing() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.setRollbackOnly();
        });

        assertThat(here.read()).containsExactly(met());
        assertThat(elsewhere.read()).containsExactly(met());
        assertThat(undecoded(here, SubjectErased.class)).isEmpty();
        here.append(met());
    }

    @Test
    void an_erasure_commits_with_the_callers_transaction() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            here.eraser.erase(ADA);
            assertThat(Race.elsewhere(elsewhere::read)).containsExactly(met());
        });

        assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
        assertThat(undecoded(here, SubjectErased.class)).containsExactly(new SubjectErased(ADA));
    }

    @Test
    void an_append_for_an_erased_subject_is_refused_and_the_callers_transaction_goes_on() {
        here.eraser.erase(ADA);

        assertThatExceptionOfType(SubjectErasedException.class)
                .isThrownBy(() -> elsewhere.append(met()))
                .satisfies(refused -> assertThat(refused.subject()).isEqualTo(ADA));
        Met other = new Met(STREAM, BOB, "Bob Taylor", BOB, "Bob");
        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(SubjectErasedException.class).isThrownBy(() -> here.append(met()));
            here.append(other);
        });

        assertThat(here.read()).containsExactly(other);
    }

    @Test
    void a_key_of_a_transaction_that_is_rolled_back_is_used_by_nobody() {
        transaction.executeWithoutResult(status -> {
            here.append(met());
            assertThat(here.read()).containsExactly(met());
            status.setRollbackOnly();
        });
        assertThat(here.read()).isEmpty();

        here.append(met());

        assertThat(here.read()).containsExactly(met());
        assertThat(elsewhere.read()).containsExactly(met());
    }

    @Test
    void of_many_that_make_the_key_of_a_subject_at_once_all_get_the_same() {
        List<Instance> instances = List.of(here, elsewhere, new Instance(this, SHORTLY), new Instance(this, SHORTLY));

        List<UUID> ids = Race.run(8, number -> {
            Instance instance = instances.get(number % instances.size());
            return Objects.requireNonNull(instance.keys.keysOf(List.of("new")).get("new"))
                    .id();
        });

        assertThat(new HashSet<>(ids)).hasSize(1);
        assertThat(here.keys.find(ids)).hasSize(1);
    }

    @Test
    void appends_that_make_keys_at_once_are_all_read() {
        Race.run(6, number -> {
            Instance instance = number % 2 == 0 ? here : elsewhere;
            instance.append(new Met(StreamId.of("race-" + number), "x", "x " + number, "y", "y " + number));
            return true;
        });

        assertThat(undecoded(here, Met.class))
                .extracting(event -> ((Met) event).firstName())
                .containsExactlyInAnyOrderElementsOf(Set.of("x 0", "x 1", "x 2", "x 3", "x 4", "x 5"));
    }

    @Test
    void an_erasure_waits_for_a_transaction_that_has_appended_data_of_the_subject() throws Exception {
        here.append(met());
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        AtomicBoolean committed = new AtomicBoolean();

        CompletableFuture<Void> appending = CompletableFuture.runAsync(() -> {
            transaction.executeWithoutResult(status -> {
                here.append(met());
                appended.countDown();
                await(mayCommit);
                committed.set(true);
            });
        });
        await(appended);
        CompletableFuture<Boolean> erasing = CompletableFuture.supplyAsync(() -> {
            elsewhere.eraser.erase(ADA);
            return committed.get();
        });
        assertThat(erasing.isDone()).isFalse();
        mayCommit.countDown();

        appending.get(Eventually.patience().toSeconds(), TimeUnit.SECONDS);
        assertThat(erasing.get(Eventually.patience().toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(elsewhere.read()).extracting(Met::firstName).containsExactly(ERASED, ERASED);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Eventually.patience().toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Test
    void under_load_nothing_of_an_erased_subject_is_served_after_the_stated_delay() {
        for (int i = 0; i < 5; i++) {
            here.append(met());
        }
        here = new Instance(this, SHORTLY);
        AtomicLong goneSince = new AtomicLong(Long.MAX_VALUE);
        AtomicBoolean enough = new AtomicBoolean();
        List<Boolean> all = Race.run(5, number -> {
            if (number == 4) {
                here.eraser.erase(ADA);
                goneSince.set(System.nanoTime() + SHORTLY.toNanos());
                return true;
            }
            Instance instance = number % 2 == 0 ? here : elsewhere;
            boolean gone = false;
            while (!gone) {
                boolean late = goneSince.get() != Long.MAX_VALUE && System.nanoTime() - goneSince.get() > 0;
                Set<String> names = instance.read().stream().map(Met::firstName).collect(Collectors.toSet());
                if (late) {
                    assertThat(names).containsExactly(ERASED);
                    gone = true;
                }
            }
            enough.set(true);
            return true;
        });
        assertThat(all).doesNotContain(false);
        assertThat(enough).isTrue();
    }

    @Test
    void a_value_that_is_moved_is_told_and_never_read() {
        here.append(met());
        here.append(met());
        List<StoredEvent> stored = here.store
                .internals()
                .readStored(EventFilter.all(), EventPage.first(2))
                .events();
        byte[] payload = stored.get(0).payload();
        String text = new String(payload, StandardCharsets.UTF_8);
        String swapped = text.replace("\"/firstName\"", "\"/x\"")
                .replace("\"/secondName\"", "\"/firstName\"")
                .replace("\"/x\"", "\"/secondName\"");
        assertThat(swapped).isNotEqualTo(text);
        assertThat(here.protection.open(payload, stored.get(0).id())).isNotEmpty();

        assertThatExceptionOfType(PersonalDataException.class)
                .as("to another event")
                .isThrownBy(() -> here.protection.open(payload, stored.get(1).id()))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.VALUE_CHANGED));
        assertThatExceptionOfType(PersonalDataException.class)
                .as("to another component")
                .isThrownBy(() -> here.protection.open(
                        swapped.getBytes(StandardCharsets.UTF_8), stored.get(0).id()))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.VALUE_CHANGED));
    }

    record Names(Set<String> known) {}

    /** Meets Bob by the first name he is known by, and tells what names it has folded. */
    @Snapshot(name = "contract.names", version = 1, afterEvents = 1)
    record MeetBob(@Stream StreamId customer, Consumer<Set<String>> folded) implements Command<Names, Met> {
        @Override
        public Names initialState() {
            return new Names(Set.of());
        }

        @Override
        public Names apply(Names names, Met event) {
            Set<String> known = new TreeSet<>(names.known());
            known.add(event.firstName());
            return new Names(known);
        }

        @Override
        public List<Met> handle(Names names) {
            folded.accept(names.known());
            return List.of(new Met(customer, BOB, "Bob", BOB, "Bob Taylor"));
        }
    }

    @Test
    void no_snapshot_keeps_what_is_erased() {
        here.append(met());
        CommandExecutor executor = CommandExecutor.builder(here.store)
                .snapshots(newSnapshotStore(), SnapshotSettings.defaults().withExecutor(Runnable::run))
                .build();
        List<Set<String>> folded = new ArrayList<>();
        executor.execute(new MeetBob(STREAM, folded::add));
        executor.execute(new MeetBob(STREAM, folded::add));

        here.eraser.erase(ADA);
        executor.execute(new MeetBob(STREAM, folded::add));

        assertThat(folded)
                .containsExactly(Set.of("Ada Lovelace"), Set.of("Ada Lovelace", "Bob"), Set.of(ERASED, "Bob"));
    }

    @Test
    void no_more_keys_are_kept_than_may_be() {
        for (int i = 0; i < 20; i++) {
            here.append(new Met(STREAM, "first-" + i, "name " + i, "second-" + i, "other " + i));
        }
        PersonalDataProtection small = PersonalDataProtection.builder(newKeyStore())
                .keysLiveFor(FOR_LONG)
                .maxKeys(3)
                .build();
        EventStore store = newStore(new JacksonEventSerializer(
                EventTypes.of(Met.class), EventJson.builder().build(), small));

        assertThat(store.readStream(STREAM, Met.class).stream()
                        .map(event -> event.event().firstName()))
                .hasSize(20)
                .doesNotContain(ERASED);
        assertThat(small.cachedKeys()).isBetween(1, 3);
    }

    @Test
    void a_key_store_that_cannot_be_asked_is_never_a_placeholder() {
        here.append(met());
        AtomicBoolean down = new AtomicBoolean(true);
        Instance broken = new Instance(
                this,
                new Forwarding(newKeyStore()) {
                    @Override
                    public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
                        if (down.get()) {
                            throw new TransientEventStoreException("down", null);
                        }
                        return super.find(ids);
                    }
                },
                FOR_LONG);
        StoredEvent undecoded = broken.store
                .internals()
                .readStored(EventFilter.all(), EventPage.first(1))
                .events()
                .get(0);

        assertThatExceptionOfType(TransientEventStoreException.class).isThrownBy(broken::read);
        assertThatExceptionOfType(TransientEventStoreException.class).isThrownBy(() -> undecoded.decode(Event.class));
        down.set(false);

        assertThat(broken.read()).containsExactly(met());
        assertThat(undecoded.decode(Event.class).get(0).event()).isEqualTo(met());
    }

    @Test
    void the_keys_of_a_page_are_asked_for_once() {
        for (int i = 0; i < 20; i++) {
            here.append(new Met(STREAM, "first-" + i, "name " + i, "second-" + i, "other " + i));
        }
        AtomicLong asked = new AtomicLong();
        Instance counting = new Instance(this, new Counting(newKeyStore(), asked), FOR_LONG);

        assertThat(counting.store
                        .readEvents(EventFilter.all(), EventPage.first(100), Met.class)
                        .events())
                .hasSize(20);

        assertThat(asked).hasValue(1);
        assertThat(counting.read()).hasSize(20);
        assertThat(asked).hasValue(1);
    }

    /** A transaction that sees what was committed when it began to read, where the engine has that. */
    private TransactionTemplate snapshot() {
        TransactionTemplate snapshot =
                new TransactionTemplate(Objects.requireNonNull(transaction.getTransactionManager()));
        snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        return snapshot;
    }

    /** As callers do whose transaction was refused for what another one has committed. */
    private static <T> T untilItGoesThrough(Supplier<T> work) {
        TransientEventStoreException last = null;
        for (int attempt = 0; attempt < 3; attempt++) {
            try {
                return work.get();
            } catch (TransientEventStoreException refused) {
                last = refused;
            }
        }
        throw new AssertionError("refused again and again", last);
    }

    @Test
    void a_transaction_reads_what_it_appends_of_a_subject_that_another_has_met_since_it_began() {
        Met theirs = new Met(StreamId.of("theirs"), ADA, "Ada", BOB, "Bob");
        AtomicBoolean met = new AtomicBoolean();

        List<Met> read = untilItGoesThrough(() -> snapshot().execute(status -> {
            here.read();
            if (!met.getAndSet(true)) {
                Race.elsewhere(() -> {
                    elsewhere.append(theirs);
                    return true;
                });
            }
            here.append(met());
            return here.read();
        }));

        assertThat(read).containsExactly(met());
        assertThat(here.read()).containsExactly(met());
    }

    @Test
    void a_transaction_erases_a_subject_that_another_has_met_since_it_began() {
        AtomicBoolean met = new AtomicBoolean();

        List<Met> read = untilItGoesThrough(() -> snapshot().execute(status -> {
            here.read();
            if (!met.getAndSet(true)) {
                Race.elsewhere(() -> {
                    elsewhere.append(met());
                    return true;
                });
            }
            here.eraser.erase(ADA);
            return here.read();
        }));

        assertThat(read).extracting(Met::firstName).doesNotContain("Ada Lovelace");
        assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
        assertThat(new Instance(this, FOR_LONG).read())
                .extracting(Met::firstName)
                .containsExactly(ERASED);
        assertThat(undecoded(here, SubjectErased.class)).containsExactly(new SubjectErased(ADA));
    }

    @Test
    void the_keys_of_a_page_are_asked_for_once_in_a_transaction_too() {
        for (int i = 0; i < 20; i++) {
            here.append(new Met(STREAM, "first-" + i, "name " + i, "second-" + i, "other " + i));
        }
        for (int i = 0; i < 10; i++) {
            here.eraser.erase("first-" + i);
        }
        for (TransactionTemplate reading : List.of(transaction, snapshot())) {
            AtomicLong asked = new AtomicLong();
            Instance counting = new Instance(this, new Counting(newKeyStore(), asked), FOR_LONG);

            List<Met> read = reading.execute(status -> counting.read());

            assertThat(read)
                    .hasSize(20)
                    .filteredOn(met -> met.firstName().equals(ERASED))
                    .hasSize(10);
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void what_a_transaction_keeps_of_keys_ends_with_its_savepoint_and_with_itself() {
        here.append(met());

        transaction.executeWithoutResult(status -> {
            Object savepoint = status.createSavepoint();
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.rollbackToSavepoint(savepoint);
            assertThat(here.read()).containsExactly(met());
            here.eraser.erase(ADA);
            assertThat(here.read()).extracting(Met::firstName).containsExactly(ERASED);
            status.setRollbackOnly();
        });
        snapshot().executeWithoutResult(status -> assertThat(here.read()).containsExactly(met()));

        elsewhere.eraser.erase(ADA);

        Instance fresh = new Instance(this, SHORTLY);
        snapshot()
                .executeWithoutResult(status ->
                        assertThat(fresh.read()).extracting(Met::firstName).containsExactly(ERASED));
    }

    @Test
    void transactions_that_meet_different_new_subjects_do_not_wait_for_each_other() {
        snapshot().executeWithoutResult(status -> {
            here.keys.keysOf(List.of(ADA));
            boolean met = Race.elsewhere(() -> snapshot()
                    .execute(other -> elsewhere.keys.keysOf(List.of(BOB)).containsKey(BOB)));
            assertThat(met).isTrue();
        });
    }

    @Test
    void a_key_that_came_back_from_a_backup_is_destroyed_and_told_again() {
        here.append(met());
        SubjectErased before = new SubjectErased(ADA);
        here.append(before);

        here.eraser.erase(ADA);
        here.eraser.erase(ADA);

        assertThat(new Instance(this, FOR_LONG).read())
                .extracting(Met::firstName)
                .containsExactly(ERASED);
        assertThat(undecoded(here, SubjectErased.class)).containsExactly(before, new SubjectErased(ADA));
    }

    @Test
    void an_erasure_that_cannot_be_told_has_erased_nothing_and_shows_nothing() {
        here.append(met());

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> here.keys.erase(ADA, erasure -> {
                    assertThat(erasure).isEqualTo(SubjectKeyStore.Erasure.NOW);
                    assertThat(Race.elsewhere(elsewhere::read)).containsExactly(met());
                    throw new IllegalStateException("not told");
                }));

        assertThat(new Instance(this, FOR_LONG).read()).containsExactly(met());
        here.append(met());
    }

    @Test
    void an_append_that_is_sent_again_after_an_erasure_is_found() {
        StreamWrites writes = StreamWrites.to(STREAM, ExpectedVersion.noStream(), met());
        EventStreamSlice stored = here.store.appendEvents(writes);
        here.eraser.erase(ADA);

        assertThat(here.store.appendEvents(writes)).isEqualTo(stored);
        assertThat(transaction.<EventStreamSlice>execute(status -> elsewhere.store.appendEvents(writes)))
                .isEqualTo(stored);
        assertThatExceptionOfType(SubjectErasedException.class)
                .isThrownBy(() -> here.store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.noStream(), met())));
        assertThat(here.read()).hasSize(1);
    }

    @Test
    void a_reader_of_the_applications_events_passes_over_an_erasure() {
        here.append(met());
        here.eraser.erase("someone");
        here.append(met());

        EventBatch<Met> page = here.store.readEvents(EventFilter.all(), EventPage.first(10), Met.class);

        assertThat(page.events()).extracting(RecordedEvent::event).containsExactly(met(), met());
        assertThat(page.endReached()).isTrue();
        assertThat(here.store
                        .readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                        .events())
                .hasSize(3);
    }

    @Test
    void an_upcaster_is_given_what_may_be_read_and_its_parts_hold_personal_data() {
        Instance before = new Instance(this, newKeyStore(), FOR_LONG, EventTypes.of(Named.class));
        before.append(new Named(STREAM, ADA, "Ada Lovelace"));
        Instance today = new Instance(this, newKeyStore(), FOR_LONG, todaysTypes());

        assertThat(upcast(today))
                .extracting(RecordedEvent::event)
                .containsExactly(
                        new NamedApart(STREAM, ADA, "Ada", "Lovelace"), new Greeted(STREAM, "Hello Ada Lovelace"));
        assertThat(upcast(today)).allMatch(RecordedEvent::holdsPersonalData);

        today.eraser.erase(ADA);

        List<Event> erased = List.of(new NamedApart(STREAM, ADA, ERASED, ""), new Greeted(STREAM, "Hello " + ERASED));
        assertThat(upcast(today)).extracting(RecordedEvent::event).containsExactlyElementsOf(erased);
        assertThat(undecoded(today, NamedApart.class)).containsExactlyElementsOf(erased);
    }

    private static List<RecordedEvent<Event>> upcast(Instance instance) {
        return instance.store.readStream(STREAM, Event.class).toList();
    }

    private static EventTypes todaysTypes() {
        return EventTypes.builder()
                .register(NamedApart.class)
                .register(Greeted.class)
                .upcaster(Upcaster.from("contract.named")
                        .toParts(List.of("contract.named@2", "contract.greeted"), old -> {
                            String name = old.json().path("name").asString();
                            String[] names = name.split(" ", 2);
                            ObjectNode apart = old.object().deepCopy();
                            apart.remove("name");
                            apart.put("first", names[0]).put("last", names.length > 1 ? names[1] : "");
                            ObjectNode greeted = old.object().deepCopy();
                            greeted.remove(List.of("name", "customer"));
                            greeted.put("words", "Hello " + name);
                            return List.of(
                                    new Upcaster.Part("contract.named@2", apart),
                                    new Upcaster.Part("contract.greeted", greeted));
                        }))
                .build();
    }

    private static final class Counting extends Forwarding {
        private final AtomicLong asked;

        private Counting(SubjectKeyStore keys, AtomicLong asked) {
            super(keys);
            this.asked = asked;
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            asked.incrementAndGet();
            return super.find(ids);
        }
    }

    private static class Forwarding implements SubjectKeyStore {
        private final SubjectKeyStore keys;

        Forwarding(SubjectKeyStore keys) {
            this.keys = keys;
        }

        @Override
        public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
            return keys.keysOf(subjects);
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            return keys.find(ids);
        }

        @Override
        public Predicate<SubjectKey> cacheable() {
            return keys.cacheable();
        }

        @Override
        public void erase(String subject, Consumer<Erasure> alongside) {
            keys.erase(subject, alongside);
        }
    }
}
