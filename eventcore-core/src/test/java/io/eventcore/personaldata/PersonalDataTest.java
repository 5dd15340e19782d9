package io.eventcore.personaldata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventSerializationException;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.memory.PassThroughEventSerializer;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.SerializerRoundTrip;
import io.eventcore.serialization.internal.StoredForms;
import java.lang.ref.WeakReference;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PersonalDataTest {
    private static final String CANARY = "Ada Lovelace \u00e4\u20ac\"\\ 1815";
    private static final StreamId STREAM = StreamId.of("customer-1");
    private static final EventTypes TYPES = EventTypes.of(Happened.class);

    private final InMemorySubjectKeyStore keys = new InMemorySubjectKeyStore();
    private final PersonalDataProtection protection = PersonalDataProtection.of(keys);
    private final JacksonEventSerializer serializer =
            new JacksonEventSerializer(TYPES, EventJson.builder().build(), protection);
    private final InMemoryEventStore store = new InMemoryEventStore(serializer);
    private final PersonalDataEraser eraser = new PersonalDataEraser(store, protection);

    sealed interface Happened extends Event {
        @Override
        default StreamId streamId() {
            return STREAM;
        }
    }

    record Address(String street, int number, Optional<String> floor) {}

    enum Title {
        DOCTOR,
        NONE
    }

    record Id(String value) {}

    record Mail(@JsonValue String address) {
        @JsonCreator
        Mail {
            if (!address.contains("@")) {
                throw new IllegalArgumentException("no address");
            }
        }
    }

    record Guest(
            UUID guestId,
            @PersonalData(subject = "guestId") String name,
            @PersonalData(subject = "host") String note) {}

    @EventType("registered")
    @SuppressWarnings("ArrayRecordComponent") // They are read and written as others.
    record Registered(
            Id customer,
            @PersonalData(subject = "customer") String name,
            @PersonalData(subject = "customer") Address address,
            @PersonalData(subject = "customer") LocalDate born,

            @PersonalData(subject = "customer", placeholder = "NONE")
            Title title,

            @PersonalData(subject = "customer", placeholder = "erased@example.org")
            Mail mail,

            @PersonalData(subject = "customer") int children,
            @PersonalData(subject = "customer") BigDecimal income,
            @PersonalData(subject = "customer") byte[] photo,
            @PersonalData(subject = "customer") Optional<String> phone,
            @PersonalData(subject = "customer") @Nullable String nick,
            @PersonalData(subject = "customer") Map<String, List<String>> tags,
            @PersonalData(subject = "customer") List<String> notes,
            double score,
            Optional<String> campaign)
            implements Happened {}

    @EventType("invited")
    record Invited(String host, List<Guest> guests, Map<String, Optional<Guest>> late, Object anything)
            implements Happened {}

    private static Registered registered(String customer) {
        return new Registered(
                new Id(customer),
                CANARY,
                new Address(CANARY, 7, Optional.of(CANARY)),
                LocalDate.of(1815, 12, 10),
                Title.DOCTOR,
                new Mail("ada@" + CANARY),
                3,
                new BigDecimal("1815.120"),
                CANARY.getBytes(StandardCharsets.UTF_8),
                Optional.of(CANARY),
                CANARY,
                Map.of(CANARY, List.of(CANARY)),
                List.of(CANARY, CANARY),
                -0.0,
                Optional.of("spring"));
    }

    private void append(Event event) {
        store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), event));
    }

    private <E extends Event> List<E> read(Class<E> type) {
        return store.readStream(STREAM, type).stream().map(RecordedEvent::event).toList();
    }

    private byte[] sealed(Event event, UUID id) {
        return protection
                .seal(List.of(((PersonalEvent) serializer.serialize(event)).unsealed(id)))
                .get(0);
    }

    /** Tells by its tags what it hides. */
    @EventType("told")
    record Told(
            String customer,
            String room,
            @PersonalData(subject = "customer") String name,
            @PersonalData(subject = "customer") Map<String, Long> phones,
            String tag)
            implements Event {
        @Override
        public Set<EventTag> eventTags() {
            return Set.of(
                    EventTag.of("customer", customer),
                    EventTag.of("customers"),
                    EventTag.of("about", tag.substring(1)));
        }
    }

    @Test
    void a_value_that_a_tag_tells_is_refused_before_it_is_stored() {
        InMemoryEventStore told = new InMemoryEventStore(new JacksonEventSerializer(
                EventTypes.of(Told.class), EventJson.builder().build(), protection));
        for (String tag : List.of("Ada Lovelace", "home", "491701234567")) {
            Told event = new Told("c-1", "7", " Ada Lovelace", Map.of("home", 491701234567L), "#" + tag);

            assertThatExceptionOfType(EventSerializationException.class)
                    .as(tag)
                    .isThrownBy(() -> told.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), event)))
                    .withMessageContaining("'about'")
                    .withMessageContaining("@PersonalData")
                    .withMessageNotContaining(tag);
        }
        // What can be read without a key in any case is told by no tag first.
        for (Told event : List.of(
                new Told("c-1", "7", "7", Map.of("c-1", 7L), "#7"),
                new Told("ada", "7", "ada", Map.of(), "#other"),
                new Told("ada", "7", "", Map.of("", 1L), "#other"))) {
            told.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), event));
        }
    }

    @Test
    void what_was_sealed_is_read_as_it_was() {
        Registered event = registered("c-1");

        append(event);

        Registered read = read(Registered.class).get(0);
        assertThat(read).usingRecursiveComparison().isEqualTo(event);
        assertThat(read.income()).isEqualTo(new BigDecimal("1815.120"));
        assertThat(store.readStream(STREAM, Happened.class).stream()
                        .toList()
                        .get(0)
                        .holdsPersonalData())
                .isTrue();
    }

    @Test
    void what_is_stored_shows_placeholders_and_nothing_of_the_person() {
        String stored = new String(sealed(registered("c-1"), UUID.randomUUID()), StandardCharsets.UTF_8);

        assertThat(stored)
                .startsWith("{\"$personal\":{\"v\":1,\"s\":[[")
                .contains(
                        "\"customer\":{\"value\":\"c-1\"}", "\"name\":\"[erased]\"", "\"children\":0", "\"score\":-0.0")
                .doesNotContain("Ada", "Lovelace", "1815", "DOCTOR");
    }

    @Test
    void what_is_erased_reads_as_placeholders() {
        append(registered("c-1"));

        eraser.erase("c-1");

        Registered read = read(Registered.class).get(0);
        assertThat(read.customer()).isEqualTo(new Id("c-1"));
        assertThat(read.name()).isEqualTo("[erased]");
        assertThat(read.address()).isEqualTo(new Address("[erased]", 0, Optional.empty()));
        assertThat(read.born()).isEqualTo(LocalDate.EPOCH);
        assertThat(read.title()).isEqualTo(Title.NONE);
        assertThat(read.mail().address()).isEqualTo("erased@example.org");
        assertThat(read.children()).isZero();
        assertThat(read.income()).isEqualTo(BigDecimal.ZERO);
        assertThat(read.photo()).isEmpty();
        assertThat(read.phone()).isEmpty();
        assertThat(read.nick()).isNull();
        assertThat(read.tags()).isEmpty();
        assertThat(read.notes()).isEmpty();
        assertThat(read.campaign()).contains("spring");
    }

    @Test
    void several_subjects_of_one_event_are_erased_one_by_one() {
        Guest first = new Guest(new UUID(1, 1), "first " + CANARY, "liked by host");
        Guest second = new Guest(new UUID(2, 2), "second " + CANARY, "not so");
        append(new Invited(
                "host-1",
                List.of(first, second),
                Map.of("a/b~c", Optional.of(second), "none", Optional.empty()),
                "anything"));

        eraser.erase(first.guestId().toString());

        Invited read = read(Invited.class).get(0);
        assertThat(read.guests()).containsExactly(new Guest(first.guestId(), "[erased]", "liked by host"), second);
        assertThat(read.late()).containsEntry("a/b~c", Optional.of(second)).containsEntry("none", Optional.empty());

        eraser.erase("host-1");

        assertThat(read(Invited.class).get(0).guests())
                .containsExactly(
                        new Guest(first.guestId(), "[erased]", "[erased]"),
                        new Guest(second.guestId(), second.name(), "[erased]"));
    }

    @Test
    void an_erased_subject_gets_no_other_key() {
        append(registered("c-1"));
        eraser.erase("c-1");

        assertThatExceptionOfType(SubjectErasedException.class)
                .isThrownBy(() -> append(registered("c-1")))
                .satisfies(refused -> assertThat(refused.subject()).isEqualTo("c-1"))
                .withMessageNotContaining("c-1");
        append(registered("c-2"));
        assertThat(read(Registered.class)).hasSize(2);
    }

    @Test
    void unknown_and_erased_subjects_are_erased_without_error_and_told_once() {
        eraser.erase("never heard of");
        eraser.erase("never heard of");

        SubjectErased told = new SubjectErased("never heard of");
        assertThat(store.readStream(told.streamId(), SubjectErased.class).stream()
                        .map(RecordedEvent::event))
                .containsExactly(told);
        assertThatExceptionOfType(SubjectErasedException.class).isThrownBy(() -> append(registered("never heard of")));
    }

    @Test
    void values_that_are_not_there_are_stored_as_they_are() {
        Registered event = new Registered(
                new Id("c-3"),
                "",
                new Address("", 0, Optional.empty()),
                LocalDate.EPOCH,
                Title.NONE,
                new Mail("@"),
                0,
                BigDecimal.ONE,
                new byte[0],
                Optional.empty(),
                null,
                Map.of(),
                List.of(),
                1,
                Optional.empty());

        append(event);

        assertThat(read(Registered.class).get(0)).usingRecursiveComparison().isEqualTo(event);
    }

    @Test
    void a_value_cannot_be_moved_to_another_event() {
        UUID id = UUID.randomUUID();
        byte[] stored = sealed(registered("c-1"), id);

        assertThat(protection.open(stored, id)).isNotEmpty();
        assertThatExceptionOfType(PersonalDataException.class)
                .isThrownBy(() -> protection.open(stored, UUID.randomUUID()))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.VALUE_CHANGED));
    }

    @Test
    void a_value_cannot_be_moved_to_another_component_nor_left_out() {
        UUID id = UUID.randomUUID();
        Guest guest = new Guest(new UUID(1, 1), "name", "note");
        String stored = new String(sealed(new Invited("h", List.of(guest), Map.of(), 1), id), StandardCharsets.UTF_8);
        String swapped = stored.replace("/guests/0/name", "/X")
                .replace("/guests/0/note", "/guests/0/name")
                .replace("/X", "/guests/0/note");
        String fewer = stored.replaceFirst("\\[\\[[^]]*\\],", "[");
        String none = stored.replaceFirst("\"s\":\\[\\[.*?\\]\\]", "\"s\":[]");

        for (String forged : List.of(swapped, fewer, none, stored.replace("\"v\":1", "\"v\":2"))) {
            assertThat(forged).isNotEqualTo(stored);
            assertThatExceptionOfType(PersonalDataException.class)
                    .isThrownBy(() -> protection.open(forged.getBytes(StandardCharsets.UTF_8), id))
                    .satisfies(e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.VALUE_CHANGED));
        }
    }

    @Test
    void every_changed_bit_of_a_sealed_value_is_noticed() {
        UUID id = UUID.randomUUID();
        String stored = new String(
                sealed(new Invited("h", List.of(new Guest(new UUID(1, 1), "n", "m")), Map.of(), 1), id),
                StandardCharsets.UTF_8);
        int from = stored.indexOf("\"/guests/0/name\",\"") + "\"/guests/0/name\",\"".length();
        int to = stored.indexOf('"', from);

        for (int i = from; i < to - 3; i++) {
            char other = stored.charAt(i) == 'A' ? 'B' : 'A';
            String forged = stored.substring(0, i) + other + stored.substring(i + 1);
            assertThatExceptionOfType(PersonalDataException.class)
                    .isThrownBy(() -> protection.open(forged.getBytes(StandardCharsets.UTF_8), id));
        }
    }

    @Test
    void a_lost_key_is_told_and_never_a_placeholder() {
        append(registered("c-1"));
        UUID id = UUID.randomUUID();
        PersonalDataProtection other = PersonalDataProtection.of(new InMemorySubjectKeyStore());
        byte[] stored = other.seal(List.of(((PersonalEvent) serializer.serialize(registered("c-9"))).unsealed(id)))
                .get(0);

        assertThatExceptionOfType(PersonalDataException.class)
                .isThrownBy(() -> protection.open(stored, id))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.KEY_LOST));
    }

    @Test
    void a_store_that_reads_without_keys_fails() {
        InMemoryEventStore plain = new InMemoryEventStore(serializer);
        plain.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), registered("c-1")));

        assertThatThrownBy(() -> serializer.deserialize(io.eventcore.serialization.SerializedEvent.of(
                        "registered", sealed(registered("c-1"), UUID.randomUUID()))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("sealed");
        assertThatThrownBy(() -> serializer.serialize(registered("c-1")).payload())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not sealed");
    }

    @EventType("strict")
    record Strict(String id, @PersonalData(subject = "id") String code) implements Event {
        Strict {
            if (code.contains("erased")) {
                throw new IllegalArgumentException("not a code");
            }
        }

        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("no-subject")
    record NoSubject(@PersonalData(subject = "id") String code) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("no-placeholder")
    record NoPlaceholder(
            String id, @PersonalData(subject = "id") Title title) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("circular")
    record Circular(@PersonalData(subject = "id") String id) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    record Hidden(String id, @PersonalData(subject = "id") String code) {
        @JsonValue
        String json() {
            return id + "/" + code;
        }

        @JsonCreator
        static Hidden of(String json) {
            int slash = json.indexOf('/');
            return new Hidden(json.substring(0, slash), json.substring(slash + 1));
        }
    }

    @EventType("hiding")
    record Hiding(Hidden hidden) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("two-in-one")
    record TwoInOne(
            String host, @PersonalData(subject = "host") List<Guest> guests) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("hiding-in-a-reference")
    record HidingInAReference(AtomicReference<Hidden> hidden) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("keyed")
    record Keyed(Map<Guest, String> guests) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    @EventType("unknown-holder")
    record UnknownHolder(WeakReference<Guest> guest) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    record Box<T>(T value) {}

    @EventType("boxed")
    record Boxed(String host, Box<Guest> box, AtomicReference<Guest> reference, Map<String, Box<Guest>> late)
            implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    record Badge(
            String holder, @PersonalData(subject = "holder") String code) {
        Badge {
            if (code.startsWith("[")) {
                throw new IllegalArgumentException("no badge");
            }
        }
    }

    @EventType("badges")
    record Badges(Map<String, Badge> byName) implements Event {
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    private JacksonEventSerializer protecting(Class<? extends Event> type) {
        return new JacksonEventSerializer(
                EventTypes.builder().register(type).build(), EventJson.builder().build(), protection);
    }

    @Test
    void what_could_not_be_sealed_or_read_after_an_erasure_is_refused_with_a_remedy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new JacksonEventSerializer(TYPES))
                .withMessageContaining("@PersonalData")
                .withMessageContaining("eventcore.personal-data.master-key");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> protecting(NoSubject.class))
                .withMessageContaining("'code'")
                .withMessageContaining("'id'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> protecting(NoPlaceholder.class))
                .withMessageContaining("'title'")
                .withMessageContaining("placeholder");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> protecting(Circular.class))
                .withMessageContaining("stay readable");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PassThroughEventSerializer(TYPES))
                .withMessageContaining("could not be erased");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> protecting(Keyed.class))
                .withMessageContaining("'guests'")
                .withMessageContaining("in the keys of a map");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> protecting(UnknownHolder.class))
                .withMessageContaining("'guest'")
                .withMessageContaining("in a java.lang.ref.WeakReference");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> append(
                        protecting(HidingInAReference.class),
                        new HidingInAReference(new AtomicReference<>(new Hidden("a", "b")))))
                .withStackTraceContaining("only 0 of them are written");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> append(protecting(Strict.class), new Strict("id", "code")))
                .withStackTraceContaining("does not accept the placeholder");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> append(protecting(Hiding.class), new Hiding(new Hidden("a", "b"))))
                .withStackTraceContaining("only 0 of them are written");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> append(
                        protecting(TwoInOne.class), new TwoInOne("host", List.of(new Guest(new UUID(1, 1), "n", "m")))))
                .withStackTraceContaining("of a subject other than that of the component");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> append(registered(" ")))
                .withStackTraceContaining("must be a text");
    }

    private static void append(JacksonEventSerializer serializer, Event event) {
        new InMemoryEventStore(serializer).appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), event));
    }

    @Test
    void what_a_generic_class_or_one_of_a_library_holds_is_sealed_and_told_before_it_is_stored() {
        Guest guest = new Guest(new UUID(1, 1), CANARY, CANARY);
        Event boxed = new Boxed("h", new Box<>(guest), new AtomicReference<>(guest), Map.of("a", new Box<>(guest)));
        JacksonEventSerializer protecting = protecting(Boxed.class);

        assertThat(new String(sealed(protecting, boxed), StandardCharsets.UTF_8))
                .doesNotContain("Lovelace");
        assertThat(new SerializerRoundTrip(new StoredForms(protecting), new EventDecoder(protecting))
                        .encode(StreamWrites.to(STREAM, ExpectedVersion.any(), boxed)
                                .events()
                                .get(0))
                        .decode(Event.class))
                .allMatch(RecordedEvent::holdsPersonalData);
    }

    private static byte[] sealed(JacksonEventSerializer serializer, Event event) {
        InMemoryEventStore store = new InMemoryEventStore(serializer);
        store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), event));
        return store.internals()
                .readStored(EventFilter.all(), EventPage.first(1))
                .events()
                .get(0)
                .payload();
    }

    @Test
    void no_exception_quotes_the_key_of_a_map() {
        JacksonEventSerializer badges = protecting(Badges.class);

        assertThatThrownBy(() -> append(badges, new Badges(Map.of(CANARY, new Badge("h", "1")))))
                .satisfies(PersonalDataTest::quotesNothing)
                .hasStackTraceContaining("[a key]");
        assertThatThrownBy(() -> badges.deserialize(SerializedEvent.of(
                        "badges",
                        "{\"byName\":{\"Lovelace\":{\"holder\":[],\"code\":\"1\"}}}".getBytes(StandardCharsets.UTF_8))))
                .satisfies(PersonalDataTest::quotesNothing)
                .hasStackTraceContaining("[a key]");
    }

    private static void quotesNothing(Throwable e) {
        java.io.StringWriter trace = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(trace));
        assertThat(trace.toString()).doesNotContain("Lovelace");
    }

    @Test
    void no_exception_quotes_a_person() {
        assertThatThrownBy(() -> append(protecting(Strict.class), new Strict("id", CANARY)))
                .satisfies(e -> {
                    java.io.StringWriter trace = new java.io.StringWriter();
                    e.printStackTrace(new java.io.PrintWriter(trace));
                    assertThat(trace.toString()).doesNotContain("Lovelace"); // "Ada" begins words of stack traces
                });
        assertThat(serializer.serialize(registered("c-1")).toString()).doesNotContain("Lovelace");
    }

    /** Of an application whose events were all of one type before it erased a subject. */
    @Test
    void a_projection_of_the_applications_events_passes_over_an_erasure() {
        List<Id> applied = new CopyOnWriteArrayList<>();
        Projection<Happened> projection = Projection.named("all", Happened.class)
                .on(Happened.class, recorded -> applied.add(((Registered) recorded.event()).customer()))
                .atLeastOnce()
                .build();
        store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), registered("c-1")));
        eraser.erase("c-2");
        store.appendEvents(StreamWrites.to(STREAM, ExpectedVersion.any(), registered("c-3")));

        ProjectionRunner runner = ProjectionRunner.builder(store, new InMemoryProjectionStore())
                .projection(projection)
                .build();
        runner.start();
        try {
            assertThat(runner.awaitPosition("all", store.lastPosition(), Duration.ofSeconds(30)))
                    .isEqualTo(AwaitOutcome.REACHED);
        } finally {
            runner.stop();
        }

        assertThat(applied).containsExactly(new Id("c-1"), new Id("c-3"));
    }
}
