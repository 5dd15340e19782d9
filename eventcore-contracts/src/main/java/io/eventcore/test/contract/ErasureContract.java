package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
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
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Decision;
import io.eventcore.command.Stream;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** An erased person is erased in every kind of read, for every instance, and the erasure is announced once. */
abstract class ErasureContract extends PersonalDataFixture {
    /** An event as an earlier release stored it. */
    @EventType("contract.named")
    public record Named(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String name) implements Event {}

    /** One part of the same event today. */
    @EventType(value = "contract.named", revision = 2)
    public record NamedApart(
            StreamId streamId,
            String customer,
            @PersonalData(subject = "customer") String first,
            @PersonalData(subject = "customer") String last)
            implements Event {}

    /** The other part. For its upcaster, its component is no longer personal data. */
    @EventType("contract.greeted")
    public record Greeted(StreamId streamId, String words) implements Event {}

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
        assertThat(new Instance(contract(), FOR_LONG).read()).containsExactly(erased);
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
        elsewhere = new Instance(contract(), FOR_LONG);
        assertThat(elsewhere.read()).containsExactly(met());

        here.eraser.erase(ADA);
        // A slow append, which read its keys before the erasure.
        new Instance(
                        contract(),
                        new ForwardingSubjectKeyStore(contract().newKeyStore()) {
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
    void under_load_nothing_of_an_erased_subject_is_served_after_the_stated_delay() {
        for (int i = 0; i < 5; i++) {
            here.append(met());
        }
        here = new Instance(contract(), SHORTLY);
        // Both instances keep the key by now: a key that is not kept cannot be kept for too long.
        here.read();
        elsewhere.read();
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

    record Names(Set<String> known) {}

    /** Meets Bob by the first name he is known by, and reports which names it has folded. */
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
                .snapshots(
                        contract().newSnapshotStore(),
                        SnapshotSettings.defaults().withExecutor(Runnable::run))
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
    void no_executor_remembers_what_is_erased() {
        CommandExecutor executor = CommandExecutor.builder(here.store).build();
        List<String> folded = new ArrayList<>();
        Command<Long, Met> meeting = Decision.over(Met.class, STREAM)
                .startingWith(0L)
                .applying((count, event) -> {
                    folded.add(event.firstName());
                    return count + 1;
                })
                .deciding(count -> count < 2 ? List.of(met()) : List.of());
        executor.execute(meeting);
        executor.execute(meeting);
        executor.execute(meeting);
        assertThat(folded).containsOnly("Ada Lovelace").hasSize(3);
        folded.clear();

        here.eraser.erase(ADA);
        executor.execute(meeting);

        assertThat(folded).containsExactly(ERASED, ERASED);
    }

    @Test
    void a_key_that_came_back_from_a_backup_is_destroyed_and_told_again() {
        here.append(met());
        SubjectErased before = new SubjectErased(ADA);
        here.append(before);

        here.eraser.erase(ADA);
        here.eraser.erase(ADA);

        assertThat(new Instance(contract(), FOR_LONG).read())
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

        assertThat(new Instance(contract(), FOR_LONG).read()).containsExactly(met());
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
        Instance before = new Instance(contract(), contract().newKeyStore(), FOR_LONG, EventTypes.of(Named.class));
        before.append(new Named(STREAM, ADA, "Ada Lovelace"));
        Instance today = new Instance(contract(), contract().newKeyStore(), FOR_LONG, todaysTypes());

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
}
