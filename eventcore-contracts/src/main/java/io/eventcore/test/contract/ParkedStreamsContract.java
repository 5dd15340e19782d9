package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The parked streams of a partition, and what operators request for them. */
abstract class ParkedStreamsContract extends ProjectionStoreFixture {
    @Test
    void a_parked_stream_is_kept_as_it_was_given_until_it_is_released() {
        Lease lease = acquire("one");
        ParkedStream stream = parked(3);

        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(stream)));

        assertThat(store.parkedStreams(NAME)).containsExactly(stream);
        assertThat(store.parkedStreams()).containsExactly(stream);
        assertThat(store.parkedStreams("other")).isEmpty();

        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Released(stream)));

        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void all_streams_of_a_partition_are_released_at_once_and_those_of_another_one_stay() {
        store.register("halves", 1, 2, GlobalPosition.START);
        Lease first = parkIn(new ProjectionPartition("halves", 0), List.of(ADA, StreamId.of("account-cem")));
        parkIn(new ProjectionPartition("halves", 1), List.of(StreamId.of("account-bob")));

        boolean done = store.advance(first, TEN, Checkpoint.START, List.of(new ParkedChange.AllReleased()));

        assertThat(done).isTrue();
        assertThat(store.parkedStreams("halves"))
                .extracting(stream -> stream.streamId().value())
                .containsExactly("account-bob");
    }

    private Lease parkIn(ProjectionPartition partition, List<StreamId> streams) {
        Lease lease = store.acquire(partition, 2, "one", Duration.ofMinutes(1)).orElseThrow();
        List<ParkedChange> parked = new ArrayList<>();
        for (StreamId stream : streams) {
            parked.add(new ParkedChange.Parked(new ParkedStream(
                    partition, stream, at(3), "account.deposited", "java.lang.Error", 1, ParkedStream.Request.NONE)));
        }
        assertThat(store.advance(lease, Checkpoint.START, TEN, parked)).isTrue();
        return lease;
    }

    @Test
    void more_events_queue_up_behind_a_parked_one() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        store.advance(lease, TEN, TEN.movedTo(at(12)), List.of(new ParkedChange.Queued(ADA, at(11), 2)));

        assertThat(store.parkedStreams(NAME)).singleElement().satisfies(stream -> {
            assertThat(stream.waiting()).isEqualTo(3);
            assertThat(stream.position()).isEqualTo(at(3));
        });
    }

    @Test
    void nothing_is_parked_without_the_newest_token() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        acquire("two");

        boolean done = store.advance(lost, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        assertThat(done).isFalse();
        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void what_is_asked_for_a_parked_stream_is_remembered_while_more_events_queue_up() {
        Lease lease = acquire("one");
        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(3))));

        boolean found = store.request(NAME, ADA, ParkedStream.Request.RETRY);
        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Queued(ADA, at(10), 1)));

        assertThat(found).isTrue();
        assertThat(store.parkedStreams(NAME))
                .singleElement()
                .satisfies(stream -> assertThat(stream.request()).isEqualTo(ParkedStream.Request.RETRY));
        assertThat(store.request(NAME, StreamId.of("account-bob"), ParkedStream.Request.RETRY))
                .isFalse();
    }

    @Test
    void a_stream_that_is_parked_is_not_parked_again() {
        Lease lease = park(3);

        boolean done = store.advance(lease, TEN, TEN.movedTo(at(12)), List.of(new ParkedChange.Parked(parked(11))));

        assertThat(done).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.parkedStreams(NAME)).containsExactly(parked(3));
    }

    @Test
    void no_event_waits_in_a_stream_that_is_not_parked() {
        Lease lease = acquire("one");

        boolean done = store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Queued(ADA, at(9), 2)));

        assertThat(done).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void what_comes_again_after_the_checkpoint_was_set_back_waits_from_its_first_event() {
        Lease lease = park(7);
        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Queued(ADA, at(9), 4)));
        assertThat(store.advance(lease, TEN, Checkpoint.START, List.of())).isTrue();

        store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Queued(ADA, at(2), 3)));
        store.advance(lease, TEN, TEN, List.of(new ParkedChange.Queued(ADA, at(7), 1)));

        assertThat(store.parkedStreams(NAME)).singleElement().satisfies(stream -> {
            assertThat(stream.position()).isEqualTo(at(2));
            assertThat(stream.waiting()).isEqualTo(4);
        });
    }

    @Test
    void a_parked_stream_changes_only_from_what_it_is_known_as() {
        Lease lease = park(3);
        ParkedStream known = parked(3);
        ParkedStream applied = parked(5);

        assertThat(changes(lease, known, applied)).isTrue();

        assertThat(changes(lease, known, parked(6))).isFalse();
        assertThat(releases(lease, known)).isFalse();
        assertThat(changes(lease, applied.asking(ParkedStream.Request.RETRY), parked(6)))
                .isFalse();
        assertThat(store.parkedStreams(NAME)).containsExactly(applied);
        assertThat(releases(lease, applied)).isTrue();
        assertThat(changes(lease, applied, parked(6))).isFalse();
        assertThat(releases(lease, applied)).isFalse();
        assertThat(store.parkedStreams(NAME)).isEmpty();
    }

    @Test
    void what_is_refused_about_one_stream_is_done_about_none() {
        Lease lease = park(3);
        StreamId bob = StreamId.of("account-bob");
        List<ParkedChange> changes = List.of(
                new ParkedChange.Parked(parkedAt(bob, 11)),
                new ParkedChange.Changed(parked(3), parked(4)),
                new ParkedChange.Released(parked(3)));

        assertThat(store.advance(lease, TEN, TEN.movedTo(at(12)), changes)).isFalse();
        Boolean inTransaction = transaction.execute(status -> {
            boolean done = store.advance(lease, TEN, TEN.movedTo(at(12)), changes);
            status.setRollbackOnly();
            return done;
        });

        assertThat(inTransaction).isFalse();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.parkedStreams(NAME)).containsExactly(parked(3));
    }

    @Test
    void a_discard_stops_a_retry_that_has_begun() {
        Lease lease = park(3);
        store.request(NAME, ADA, ParkedStream.Request.RETRY);
        ParkedStream retrying = beginRetry(lease, 3);

        assertThat(store.request(NAME, ADA, ParkedStream.Request.DISCARD)).isTrue();

        assertThat(changes(lease, retrying, parked(4).asking(ParkedStream.Request.RETRYING)))
                .isFalse();
        assertThat(releases(lease, retrying)).isFalse();
        assertThat(store.parkedStreams(NAME)).containsExactly(parked(3).asking(ParkedStream.Request.DISCARD));
        assertThat(releases(lease, parked(3).asking(ParkedStream.Request.DISCARD)))
                .isTrue();
    }

    @Test
    void a_further_retry_is_not_answered_by_the_one_that_has_begun() {
        Lease lease = park(3);
        store.request(NAME, ADA, ParkedStream.Request.RETRY);
        ParkedStream retrying = beginRetry(lease, 3);

        assertThat(store.request(NAME, ADA, ParkedStream.Request.RETRY)).isTrue();

        ParkedStream next = parked(4).asking(ParkedStream.Request.RETRYING);
        assertThat(changes(lease, retrying, next)).isTrue();
        assertThat(changes(lease, next, parked(4))).isTrue();
        assertThat(store.parkedStreams(NAME)).containsExactly(parked(4).asking(ParkedStream.Request.RETRY));
    }

    @Test
    void that_a_retry_has_begun_cannot_be_asked_for() {
        park(3);

        assertThatIllegalArgumentException().isThrownBy(() -> store.request(NAME, ADA, ParkedStream.Request.RETRYING));
        assertThatIllegalArgumentException().isThrownBy(() -> store.requestAll(NAME, ParkedStream.Request.RETRYING));

        assertThat(store.parkedStreams(NAME)).containsExactly(parked(3));
    }

    @Test
    void of_a_request_and_a_release_one_comes_first() {
        Lease lease = park(3);
        for (int round = 0; round < 30; round++) {
            List<Boolean> done = Race.run(
                    2,
                    number -> number == 0
                            ? store.request(NAME, ADA, ParkedStream.Request.DISCARD)
                            : releases(lease, parked(3)));

            assertThat(done).containsOnlyOnce(true);
            if (done.get(0)) {
                assertThat(releases(lease, parked(3).asking(ParkedStream.Request.DISCARD)))
                        .isTrue();
            }
            store.advance(lease, TEN, TEN, List.of(new ParkedChange.Parked(parked(3))));
        }
    }

    private Lease park(long position) {
        Lease lease = acquire("one");
        assertThat(store.advance(lease, Checkpoint.START, TEN, List.of(new ParkedChange.Parked(parked(position)))))
                .isTrue();
        return lease;
    }

    private ParkedStream beginRetry(Lease lease, long position) {
        ParkedStream retrying = parked(position).asking(ParkedStream.Request.RETRYING);
        assertThat(changes(lease, parked(position).asking(ParkedStream.Request.RETRY), retrying))
                .isTrue();
        return retrying;
    }

    private boolean changes(Lease lease, ParkedStream from, ParkedStream to) {
        return store.advance(lease, TEN, TEN, List.of(new ParkedChange.Changed(from, to)));
    }

    private boolean releases(Lease lease, ParkedStream stream) {
        return store.advance(lease, TEN, TEN, List.of(new ParkedChange.Released(stream)));
    }

    @Test
    void what_is_asked_about_parked_streams_is_told_without_all_of_them() {
        store.register("other", 1, 1, GlobalPosition.START);
        StreamId bob = StreamId.of("account-bob");
        Lease lease = acquire("one");
        store.advance(
                lease,
                Checkpoint.START,
                TEN,
                List.of(new ParkedChange.Parked(parked(5)), new ParkedChange.Parked(parkedAt(bob, 3))));

        assertThat(store.parkedStreams(BALANCES)).containsExactly(parkedAt(bob, 3), parked(5));
        assertThat(store.parkedStreams(new ProjectionPartition(NAME, 1))).isEmpty();
        assertThat(store.parkedStreams(NAME, at(0), 1)).containsExactly(parkedAt(bob, 3));
        assertThat(store.parkedStreams(NAME, at(3), 2)).containsExactly(parked(5));
        assertThat(store.parkedStreams(NAME, at(5), 2)).isEmpty();
        assertThat(store.parkedStreams("other", at(0), 10)).isEmpty();
        assertThat(store.parkedStreamsAt(NAME, at(3))).containsExactly(parkedAt(bob, 3));
        assertThat(store.parkedStreamsAt(NAME, at(4))).isEmpty();
        assertThat(store.parkedStreamsAt("other", at(3))).isEmpty();
        assertThat(store.parkedIds(BALANCES, 10)).containsExactlyInAnyOrder(ADA, bob);
        assertThat(store.parkedIds(BALANCES, 1)).hasSize(1);
        assertThat(store.parkedIds(new ProjectionPartition(NAME, 1), 10)).isEmpty();
        assertThat(store.parkedAmong(BALANCES, Set.of(StreamId.of("nobody"), bob)))
                .containsExactly(bob);
        assertThat(store.parkedAmong(BALANCES, Set.of())).isEmpty();
        assertThat(store.parkedAmong(new ProjectionPartition(NAME, 1), Set.of(ADA, bob)))
                .isEmpty();
        assertThat(store.parkedStream(NAME, 1, ADA)).contains(parked(5));
        assertThat(store.parkedStream(NAME, 2, ADA)).isEmpty();
        assertThat(store.parkedStream(NAME, 1, StreamId.of("nobody"))).isEmpty();
        assertThat(store.hasParkedStreams(NAME, 1, at(2))).isFalse();
        assertThat(store.hasParkedStreams(NAME, 1, at(3))).isTrue();
        assertThat(store.hasParkedStreams(NAME, 2, at(3))).isFalse();
        assertThat(store.hasParkedStreams("other", 1, at(3))).isFalse();
        assertThat(store.parkedCounts()).containsExactly(new ParkedCount(NAME, 1, 2));
    }

    @Test
    void only_parked_streams_that_something_is_asked_for_are_requested_ones() {
        StreamId bob = StreamId.of("account-bob");
        Lease lease = acquire("one");
        store.advance(
                lease,
                Checkpoint.START,
                TEN,
                List.of(new ParkedChange.Parked(parked(5)), new ParkedChange.Parked(parkedAt(bob, 3))));
        assertThat(store.requestedStreams(10)).isEmpty();

        assertThat(store.request(NAME, bob, ParkedStream.Request.RETRY)).isTrue();
        assertThat(store.request(NAME, bob, ParkedStream.Request.RETRY)).isTrue();
        assertThat(store.request(NAME, StreamId.of("nobody"), ParkedStream.Request.RETRY))
                .isFalse();
        assertThat(store.requestedStreams(10))
                .extracting(ParkedStream::streamId, ParkedStream::request)
                .containsExactly(tuple(bob, ParkedStream.Request.RETRY));

        assertThat(store.requestAll(NAME, ParkedStream.Request.DISCARD)).isEqualTo(2);
        assertThat(store.requestAll(NAME, ParkedStream.Request.DISCARD)).isEqualTo(2);
        assertThat(store.requestAll("unknown", ParkedStream.Request.DISCARD)).isZero();
        assertThat(store.requestedStreams(10))
                .extracting(ParkedStream::streamId, ParkedStream::request)
                .containsExactly(tuple(bob, ParkedStream.Request.DISCARD), tuple(ADA, ParkedStream.Request.DISCARD));
        assertThat(store.requestedStreams(1)).extracting(ParkedStream::streamId).containsExactly(bob);
    }

    /** A store that locks in another order ends one of the two in a deadlock. */
    @Test
    void who_asks_about_streams_and_who_changes_them_wait_for_each_other_in_one_order() {
        store.register(NAME, 2, 1, GlobalPosition.START);
        List<StreamId> streams = IntStream.range(0, 12)
                .mapToObj(i -> StreamId.of("account-" + (11 - i)))
                .toList();
        ProjectionPartition second = new ProjectionPartition(NAME, 2, 0);
        Lease newer = store.acquire(second, 1, "two", LONG).orElseThrow();
        Lease older = acquire("one");
        // The newer version first, so that the order on disk differs from the order of the versions.
        for (StreamId stream : streams) {
            ParkedStream parked = parkedAt(stream, 3);
            assertThat(store.advance(newer, store.checkpoint(second), TEN, List.of(parked(parked.in(second)))))
                    .isTrue();
            assertThat(store.advance(older, store.checkpoint(BALANCES), TEN, List.of(parked(parked))))
                    .isTrue();
        }
        List<ParkedChange> later = streams.stream()
                .<ParkedChange>map(stream -> new ParkedChange.Queued(stream, at(4), 1))
                .toList();

        List<Boolean> done = Race.run(List.of(
                () -> repeated(() ->
                        streams.forEach(stream -> assertThat(store.request(NAME, stream, ParkedStream.Request.RETRY))
                                .isTrue())),
                () -> repeated(() -> assertThat(store.requestAll(NAME, ParkedStream.Request.DISCARD))
                        .isEqualTo(24)),
                () -> repeated(
                        () -> assertThat(store.advance(newer, TEN, TEN, later)).isTrue()),
                () -> repeated(
                        () -> assertThat(store.advance(older, TEN, TEN, later)).isTrue())));

        assertThat(done).containsOnly(true);
    }

    private static ParkedChange parked(ParkedStream stream) {
        return new ParkedChange.Parked(stream);
    }

    private static boolean repeated(Runnable action) {
        for (int time = 0; time < 40; time++) {
            action.run();
        }
        return true;
    }
}
