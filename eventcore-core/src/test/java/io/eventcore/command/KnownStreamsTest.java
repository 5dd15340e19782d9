package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.internal.SharedEvent;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class KnownStreamsTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final InMemoryEventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));

    private static KnownStreams known(long bytes) {
        return new KnownStreams(WarmStreamSettings.defaults().withMaxBytes(bytes), () -> 0);
    }

    @Test
    void it_never_holds_more_bytes_than_it_may_and_drops_what_was_not_used_for_longest() {
        KnownStreams known = known(40_000);
        learn(known, ADA, 3);

        for (int i = 0; i < 500; i++) {
            learn(known, StreamId.of("account-" + i), 3);
            assertThat(known.bytes()).isLessThanOrEqualTo(40_000);
            assertThat(known.find(Set.of(ADA))).containsKey(ADA);
        }

        assertThat(known.size()).isBetween(20, 40);
        assertThat(known.find(Set.of(StreamId.of("account-0")))).isEmpty();
        assertThat(known.find(Set.of(StreamId.of("account-499")))).isNotEmpty();
    }

    @Test
    void a_stream_that_would_take_most_of_the_room_is_not_held() {
        KnownStreams known = known(40_000);

        learn(known, ADA, 30);

        assertThat(known.find(Set.of(ADA))).isEmpty();
        assertThat(known.bytes()).isZero();
    }

    @Test
    void a_stream_that_has_outgrown_its_share_is_not_known_as_it_was_before() {
        KnownStreams known = known(40_000);
        KnownStream beginning = stream(ADA, 3);
        known.learn(ADA, beginning, known.generation());
        long before = known.bytes();

        known.learn(ADA, beginning.with(stream(ADA, 30).events(), 280L * 30), known.generation());

        assertThat(known.find(Set.of(ADA))).isEmpty();
        assertThat(known.bytes()).isEqualTo(before - beginning.bytes());
        assertThat(known.wasTooLong(Set.of(ADA))).isTrue();
    }

    @Test
    void a_stream_that_is_too_long_is_so_in_any_company_and_several_are_only_together() {
        KnownStreams known = known(40_000);
        StreamId bob = StreamId.of("account-bob");
        StreamId carol = StreamId.of("account-carol");

        known.wereTooLong(Set.of(ADA), known.generation());
        known.wereTooLong(Set.of(bob, carol), known.generation());

        assertThat(known.wasTooLong(Set.of(ADA))).isTrue();
        assertThat(known.wasTooLong(Set.of(ADA, bob))).isTrue();
        assertThat(known.wasTooLong(Set.of(bob, carol))).isTrue();
        assertThat(known.wasTooLong(Set.of(bob))).isFalse();
        assertThat(known.wasTooLong(Set.of(carol))).isFalse();
    }

    @Test
    void of_so_many_streams_it_is_remembered_that_they_were_too_long_and_of_no_more() {
        KnownStreams known = known(40_000);
        List<Set<StreamId>> pairs = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            pairs.add(Set.of(StreamId.of("account-" + i), StreamId.of("other-" + i)));
        }

        for (Set<StreamId> pair : pairs) {
            known.wereTooLong(pair, known.generation());
            known.wereTooLong(pair, known.generation());
            assertThat(known.wasTooLong(pair)).isTrue();
        }
        Set<StreamId> most = pairs.stream().flatMap(Set::stream).collect(Collectors.toSet());
        known.wereTooLong(most, known.generation());

        assertThat(pairs.stream().filter(known::wasTooLong)).hasSizeBetween(1, 512);
        assertThat(known.wasTooLong(most)).isFalse();
    }

    @Test
    void that_streams_were_too_long_is_forgotten_with_all_the_rest() {
        KnownStreams known = known(40_000);
        long before = known.generation();
        known.wereTooLong(Set.of(ADA), before);

        known.forgetAll();
        assertThat(known.wasTooLong(Set.of(ADA))).isFalse();

        known.wereTooLong(Set.of(ADA), before);
        assertThat(known.wasTooLong(Set.of(ADA))).isFalse();
    }

    @Test
    void all_bytes_are_given_back_when_all_is_forgotten() {
        KnownStreams known = known(1 << 20);
        learn(known, ADA, 3);
        long one = known.bytes();
        known.forgetAll();
        long nothing = known.bytes();

        learn(known, ADA, 3);

        assertThat(known.bytes()).isEqualTo(one).isGreaterThan(nothing);
    }

    @Test
    void what_was_read_before_all_was_forgotten_is_not_learned() {
        KnownStreams known = known(1 << 20);
        long before = known.generation();
        known.forgetAll();

        known.learn(ADA, stream(ADA, 3), before);

        assertThat(known.find(Set.of(ADA))).isEmpty();
    }

    @Test
    void of_two_that_learn_a_stream_the_one_who_knows_more_wins() {
        KnownStreams known = known(1 << 20);
        KnownStream shorter = stream(ADA, 2);
        KnownStream longer = shorter.with(stream(ADA, 1).events(), 300);

        known.learn(ADA, longer, known.generation());
        known.learn(ADA, shorter, known.generation());

        assertThat(Objects.requireNonNull(known.find(Set.of(ADA)).get(ADA)).size())
                .isEqualTo(3);
    }

    @Test
    void streams_that_grow_from_the_same_beginning_do_not_see_each_other() {
        KnownStream beginning = stream(ADA, 2);
        List<SharedEvent> one = stream(ADA, 1).events();
        List<SharedEvent> other = stream(ADA, 1).events();

        KnownStream first = beginning.with(one, 0);
        KnownStream second = beginning.with(other, 0);

        assertThat(beginning.events()).hasSize(2);
        assertThat(first.events()).hasSize(3).endsWith(one.get(0));
        assertThat(second.events()).hasSize(3).endsWith(other.get(0));
    }

    @Test
    void a_compact_event_is_the_same_to_a_command() {
        SharedEvent event = stream(ADA, 1).events().get(0);
        RecordedEvent<Event> before = event.decode().get(0);

        SharedEvent compact = event.compact();

        RecordedEvent<Event> after = compact.decode().get(0);
        assertThat(after.event()).isSameAs(before.event());
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.version()).isEqualTo(before.version());
        assertThat(after.position()).isEqualTo(before.position());
        assertThat(compact.stored().bytes()).isZero();
    }

    @Test
    void a_compact_event_keeps_no_metadata_in_memory() {
        StreamId bob = StreamId.of("account-bob");
        store.appendEvents(StreamWrites.to(bob, ExpectedVersion.noStream(), new Deposited(bob, 1))
                .withMetadata(EventMetadata.empty().with("user", "u-17")));
        SharedEvent event = new SharedEvent(store.readStream(bob, Event.class)
                .stored()
                .orElseThrow()
                .iterator()
                .next());
        assertThat(event.decode().get(0).metadata()).isNotEqualTo(EventMetadata.empty());

        SharedEvent compact = event.compact();

        assertThat(compact.stored().decode(Event.class).get(0))
                .isSameAs(compact.decode().get(0));
        assertThat(compact.decode().get(0).metadata()).isEqualTo(EventMetadata.empty());
    }

    private void learn(KnownStreams known, StreamId id, int events) {
        known.learn(id, stream(id, events), known.generation());
    }

    private KnownStream stream(StreamId id, int events) {
        StreamVersion before = store.streamVersion(id);
        for (int i = 0; i < events; i++) {
            store.appendEvents(StreamWrites.to(id, ExpectedVersion.any(), new Deposited(id, i)));
        }
        List<SharedEvent> shared = new ArrayList<>();
        for (StoredEvent event :
                store.readStreamAfter(id, before, Event.class).stored().orElseThrow()) {
            SharedEvent one = new SharedEvent(event);
            one.decode();
            shared.add(one);
        }
        return KnownStream.NONE.with(shared, 280L * events);
    }
}
