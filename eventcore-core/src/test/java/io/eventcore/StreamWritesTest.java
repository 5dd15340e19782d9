package io.eventcore;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.management.ThreadMXBean;
import io.eventcore.BankEvent.Deposited;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StreamWritesTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    /** An event that leaves it to the caller where it goes. */
    private record Noted(String text) implements Event {}

    @Test
    void streams_and_events_keep_the_order_they_were_added_in() {
        StreamWrites writes = StreamWrites.empty()
                .registerStream(BOB, exactly(7))
                .registerStream(ADA, noStream())
                .append(new Deposited(ADA, 1))
                .append(new Deposited(BOB, 2))
                .append(new Deposited(ADA, 3));

        assertThat(writes.streams().keySet()).containsExactly(BOB, ADA);
        assertThat(writes.streams()).containsEntry(BOB, exactly(7)).containsEntry(ADA, noStream());
        assertThat(writes.events())
                .extracting(NewEvent::event)
                .containsExactly(new Deposited(ADA, 1), new Deposited(BOB, 2), new Deposited(ADA, 3));
    }

    @Test
    void registering_a_stream_again_with_the_same_expectation_changes_nothing() {
        StreamWrites once = StreamWrites.empty().registerStream(ADA, exactly(0));

        assertThat(once.registerStream(ADA, noStream())).isSameAs(once);
    }

    @Test
    void registering_a_stream_again_with_another_expectation_is_refused() {
        StreamWrites once = StreamWrites.empty().registerStream(ADA, exactly(1));

        assertThatExceptionOfType(ConflictingExpectedVersionsException.class)
                .isThrownBy(() -> once.registerStream(ADA, streamExists()))
                .withMessage("Stream 'account-ada' is registered with version 1 and again with an existing stream")
                .satisfies(refusal -> {
                    assertThat(refusal.streamId()).isEqualTo(ADA);
                    assertThat(refusal.first()).isEqualTo(exactly(1));
                    assertThat(refusal.second()).isEqualTo(streamExists());
                });
    }

    @Test
    void an_event_for_a_stream_that_is_not_registered_is_refused() {
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, noStream());

        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> writes.append(new Deposited(BOB, 1)))
                .withMessageStartingWith("Stream 'account-bob' receives an event but is not declared: register it")
                .satisfies(refusal -> assertThat(refusal.streamId()).isEqualTo(BOB));
        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> writes.append(BOB, new Deposited(ADA, 1)));
    }

    @Test
    void a_step_leaves_the_value_before_it_alone() {
        StreamWrites empty = StreamWrites.empty();
        StreamWrites registered = empty.registerStream(ADA, noStream());
        StreamWrites one = registered.append(new Deposited(ADA, 1));
        StreamWrites left = one.append(new Deposited(ADA, 2));
        StreamWrites right = one.append(new Deposited(ADA, 3));
        StreamWrites noted = one.withMetadata(EventMetadata.empty().with("actor", "ada"));

        assertThat(empty.streams()).isEmpty();
        assertThat(registered.events()).isEmpty();
        assertThat(one.events()).hasSize(1);
        assertThat(left.events())
                .extracting(NewEvent::event)
                .containsExactly(new Deposited(ADA, 1), new Deposited(ADA, 2));
        assertThat(right.events())
                .extracting(NewEvent::event)
                .containsExactly(new Deposited(ADA, 1), new Deposited(ADA, 3));
        assertThat(one.metadata().isEmpty()).isTrue();
        assertThat(noted.metadata().entry("actor")).contains("ada");
    }

    @Test
    void what_is_handed_out_cannot_be_changed() {
        StreamWrites writes = StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1));

        assertThat(writes.streams()).isUnmodifiable();
        assertThat(writes.events()).isUnmodifiable();
    }

    @Test
    void ten_thousand_events_share_their_past_instead_of_copying_it() {
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any());
        for (int i = 0; i < 10_000; i++) {
            writes = writes.append(new Deposited(ADA, i));
        }

        assertThat(writes.events()).hasSize(10_000);
        assertThat(writes.events().get(9_999).event()).isEqualTo(new Deposited(ADA, 9_999));
        assertThat(writes.events()).extracting(NewEvent::id).doesNotHaveDuplicates();
    }

    /** By what they allocate, not by time: copying the streams at each step takes eight times as much for each of them. */
    @Test
    void eight_times_as_many_streams_take_little_more_than_eight_times_the_memory() {
        registered(1_000);
        long few = allocated(() -> registered(1_000));
        long many = allocated(() -> registered(8_000));

        assertThat(many).isLessThan(16 * few);
    }

    @Test
    void values_that_grow_out_of_one_do_not_see_each_other() {
        StreamWrites base = registered(100);
        StreamWrites one = base.registerStream(ADA, noStream()).registerStream(BOB, exactly(1));
        StreamWrites other = base.registerStream(BOB, exactly(2));

        assertThat(base.streams()).hasSize(100).doesNotContainKeys(ADA, BOB);
        assertThat(one.streams()).hasSize(102).containsEntry(ADA, noStream()).containsEntry(BOB, exactly(1));
        assertThat(other.streams()).hasSize(101).containsEntry(BOB, exactly(2)).doesNotContainKey(ADA);
        assertThat(one.streams().keySet()).endsWith(ADA, BOB);
        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> other.append(new Deposited(ADA, 1)));
        assertThat(base.registerStream(StreamId.of("stream-7"), exactly(7))).isSameAs(base);
        assertThatExceptionOfType(ConflictingExpectedVersionsException.class)
                .isThrownBy(() -> one.registerStream(StreamId.of("stream-7"), exactly(8)));
    }

    @Test
    void streams_whose_hashes_are_equal_are_told_apart() {
        StreamWrites writes = StreamWrites.empty();
        // "Aa" and "BB" have one hash, and so have all of these.
        List<String> ids = List.of("AaAaAa", "AaAaBB", "AaBBAa", "AaBBBB", "BBAaAa", "BBAaBB", "BBBBAa", "BBBBBB");
        for (int i = 0; i < ids.size(); i++) {
            writes = writes.registerStream(StreamId.of(ids.get(i)), exactly(i));
        }

        for (int i = 0; i < ids.size(); i++) {
            assertThat(writes.registerStream(StreamId.of(ids.get(i)), exactly(i)))
                    .isSameAs(writes);
        }
        assertThat(writes.streams().keySet()).extracting(StreamId::value).containsExactlyElementsOf(ids);
        assertThat(writes.streams().values())
                .containsExactly(IntStream.range(0, ids.size())
                        .mapToObj(ExpectedVersion::exactly)
                        .toArray(ExpectedVersion[]::new));
    }

    private static StreamWrites registered(int streams) {
        StreamWrites writes = StreamWrites.empty();
        for (int i = 0; i < streams; i++) {
            writes = writes.registerStream(StreamId.of("stream-" + i), exactly(i));
        }
        assertThat(writes.streams()).hasSize(streams);
        return writes;
    }

    private static long allocated(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void the_ids_of_events_are_fixed_when_they_are_added() {
        StreamWrites writes = StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1));

        assertThat(writes.events()).isEqualTo(writes.events());
        assertThat(writes.withMetadata(EventMetadata.empty().with("a", "b")).events())
                .isEqualTo(writes.events());
    }

    @Test
    void an_event_may_be_added_under_an_id_of_the_callers_choice() {
        NewEvent event = new NewEvent(UUID.randomUUID(), ADA, new Deposited(ADA, 1));

        assertThat(StreamWrites.empty().registerStream(ADA, any()).append(event).events())
                .containsExactly(event);
    }

    @Test
    void an_event_that_does_not_know_its_stream_is_added_to_one() {
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any());

        assertThat(writes.append(ADA, new Noted("hello")).events())
                .extracting(NewEvent::streamId)
                .containsExactly(ADA);
        assertThatIllegalStateException()
                .isThrownBy(() -> writes.append(new Noted("hello")))
                .withMessageContaining(Noted.class.getName())
                .withMessageContaining("append(streamId, event)");
    }

    @Test
    void the_everyday_case_writes_to_the_stream_given_whatever_the_events_name() {
        StreamWrites writes = StreamWrites.to(BOB, exactly(3), new Deposited(ADA, 1), new Noted("hello"));

        assertThat(writes.streams()).containsOnlyKeys(BOB);
        assertThat(writes.events()).extracting(NewEvent::streamId).containsExactly(BOB, BOB);
    }

    @Test
    void a_stream_that_is_only_read_is_complete_with_an_expectation_that_can_fail() {
        StreamWrites.empty().checkComplete();
        StreamWrites.empty().registerStream(ADA, noStream()).checkComplete();
        StreamWrites.empty().registerStream(ADA, streamExists()).checkComplete();
        StreamWrites.to(ADA, any(), new Deposited(ADA, 1)).checkComplete();
    }

    @Test
    void any_version_of_a_stream_that_is_only_read_is_refused() {
        StreamWrites pointless =
                StreamWrites.to(ADA, any(), new Deposited(ADA, 1)).registerStream(BOB, any());

        assertThatIllegalArgumentException()
                .isThrownBy(pointless::checkComplete)
                .withMessage("Stream 'account-bob' is registered with any() but receives no event:"
                        + " there is nothing to check about it");
    }

    @Test
    void two_events_of_one_id_are_refused() {
        UUID id = UUID.randomUUID();
        StreamWrites twice = StreamWrites.empty()
                .registerStream(ADA, any())
                .append(new NewEvent(id, ADA, new Deposited(ADA, 1)))
                .append(new NewEvent(id, ADA, new Deposited(ADA, 2)));

        assertThatIllegalArgumentException()
                .isThrownBy(twice::checkComplete)
                .withMessage("Two events of one append have the id " + id);
    }

    @Test
    void neither_writes_nor_new_events_show_what_the_events_hold() {
        StreamWrites writes = StreamWrites.to(ADA, noStream(), new Noted("s3cr3t"))
                .withMetadata(EventMetadata.empty().with("actor", "s3cr3t"));

        assertThat(writes).hasToString("StreamWrites{account-ada=no stream} with 1 events");
        assertThat(writes.events().get(0).toString())
                .contains("Noted", "account-ada")
                .doesNotContain("s3cr3t");
    }

    @Test
    void its_events_are_listed_once_however_often_they_are_asked_for() {
        StreamWrites writes = StreamWrites.to(ADA, any(), new Deposited(ADA, 1), new Deposited(ADA, 2));

        assertThat(writes.events()).isSameAs(writes.events());
    }
}
