package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.transaction.support.TransactionTemplate;

/** How the keys of subjects are created, what they decrypt, and how often callers ask a store of keys for them. */
abstract class SubjectKeysContract extends PersonalDataFixture {
    @Test
    void of_many_that_make_the_key_of_a_subject_at_once_all_get_the_same() {
        List<Instance> instances =
                List.of(here, elsewhere, new Instance(contract(), SHORTLY), new Instance(contract(), SHORTLY));

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

    @ParameterizedTest
    @ValueSource(strings = {"a\uD800", "a\uDFFF", "\uDE00\uD83D", "\uD83D\uD83D\uDE00"})
    void a_subject_that_would_share_the_key_of_another_one_is_neither_stored_nor_erased(String malformed) {
        here.append(new Met(STREAM, "a?", "Ada", "a\uD83D\uDE00", "Bob"));

        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> here.append(new Met(STREAM, malformed, "Eve", BOB, "Bob")))
                .withMessageContaining("'firstName'")
                .withMessageContaining("well-formed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> here.eraser.erase(malformed))
                .withMessageContaining("well-formed");
        assertThatIllegalArgumentException().isThrownBy(() -> here.keys.keysOf(List.of(malformed)));

        assertThat(here.read()).extracting(Met::firstName).containsExactly("Ada");
        here.eraser.erase("a?");
        assertThat(here.read()).extracting(Met::secondName).containsExactly("Bob");
    }

    @Test
    void no_more_keys_are_kept_than_may_be() {
        for (int i = 0; i < 20; i++) {
            here.append(new Met(STREAM, "first-" + i, "name " + i, "second-" + i, "other " + i));
        }
        PersonalDataProtection small = PersonalDataProtection.builder(contract().newKeyStore())
                .keysLiveFor(FOR_LONG)
                .maxKeys(3)
                .build();
        EventStore store = contract()
                .newStore(new JacksonEventSerializer(
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
                contract(),
                new ForwardingSubjectKeyStore(contract().newKeyStore()) {
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
        Instance counting = new Instance(contract(), new Counting(contract().newKeyStore(), asked), FOR_LONG);

        assertThat(counting.store
                        .readEvents(EventFilter.all(), EventPage.first(100), Met.class)
                        .events())
                .hasSize(20);

        assertThat(asked).hasValue(1);
        assertThat(counting.read()).hasSize(20);
        assertThat(asked).hasValue(1);
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
            Instance counting = new Instance(contract(), new Counting(contract().newKeyStore(), asked), FOR_LONG);

            List<Met> read = reading.execute(status -> counting.read());

            assertThat(read)
                    .hasSize(20)
                    .filteredOn(met -> met.firstName().equals(ERASED))
                    .hasSize(10);
            assertThat(asked).hasValue(1);
        }
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

    private static final class Counting extends ForwardingSubjectKeyStore {
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
}
