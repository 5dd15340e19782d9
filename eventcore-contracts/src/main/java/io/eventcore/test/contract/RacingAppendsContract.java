package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Appends to the same streams at the same time. */
abstract class RacingAppendsContract extends EventStoreFixture {
    private static final int RACERS = 12;
    private static final int SKEW_ROUNDS = 60;

    @Test
    void of_many_appends_from_one_version_exactly_one_wins() {
        for (int round = 0; round < 5; round++) {
            int version = round;
            List<Boolean> won = Race.run(
                    RACERS, number -> succeeds(StreamWrites.to(ADA, exactly(version), deposited(ADA, number))));

            assertThat(won).containsOnlyOnce(true);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(version + 1));
        }
    }

    @Test
    void appends_in_any_version_all_succeed_one_after_the_other() {
        Race.run(
                RACERS,
                number -> store.appendEvents(
                        StreamWrites.to(ADA, any(), deposited(ADA, number), deposited(ADA, number))));

        List<RecordedEvent<LedgerEvent>> events =
                store.readStream(ADA, LedgerEvent.class).toList();
        assertThat(events).hasSize(2 * RACERS);
        assertThat(events).extracting(RecordedEvent::position).isSorted();
        for (int i = 0; i < events.size(); i += 2) {
            assertThat(events.get(i).event()).isEqualTo(events.get(i + 1).event());
        }
    }

    @Test
    void two_decisions_that_rest_on_each_others_stream_never_both_succeed() {
        store.appendEvents(StreamWrites.to(ADA, noStream(), deposited(ADA, 1)));
        store.appendEvents(StreamWrites.to(BOB, noStream(), deposited(BOB, 1)));

        for (int round = 0; round < SKEW_ROUNDS; round++) {
            long ada = store.streamVersion(ADA).value();
            long bob = store.streamVersion(BOB).value();
            List<Boolean> won = Race.run(List.of(
                    () -> succeeds(writeRelyingOn(ADA, ada, BOB, bob)),
                    () -> succeeds(writeRelyingOn(BOB, bob, ADA, ada))));

            assertThat(won).as("round %d", round).isNotEqualTo(List.of(true, true));
        }
    }

    @Test
    void two_decisions_that_rest_on_the_absence_of_each_others_stream_never_both_succeed() {
        for (int round = 0; round < SKEW_ROUNDS; round++) {
            StreamId left = StreamId.of("left-" + round);
            StreamId right = StreamId.of("right-" + round);
            List<Boolean> won = Race.run(List.of(
                    () -> succeeds(writeRelyingOn(left, 0, right, 0)),
                    () -> succeeds(writeRelyingOn(right, 0, left, 0))));

            assertThat(won).as("round %d", round).isNotEqualTo(List.of(true, true));
        }
    }

    @Test
    void appends_that_create_the_same_streams_in_different_orders_do_not_stand_in_each_others_way() {
        for (int round = 0; round < 10; round++) {
            List<StreamId> ids = IntStream.range(0, 6)
                    .mapToObj(i -> i % 2 == 0 ? "\uFFFD-" + i : "\uD83D\uDE00-" + i)
                    .map(StreamId::of)
                    .toList();
            int number = round;
            List<Boolean> won = Race.run(RACERS, racer -> {
                Map<StreamId, Integer> order = new LinkedHashMap<>();
                for (int i = 0; i < ids.size(); i++) {
                    order.put(ids.get((i * (racer % 2 == 0 ? 1 : 5) + racer) % ids.size()), i);
                }
                StreamWrites writes = StreamWrites.empty();
                for (StreamId id : order.keySet()) {
                    writes = writes.registerStream(id, exactly(number)).append(deposited(id, racer));
                }
                return succeeds(writes);
            });

            assertThat(won).containsOnlyOnce(true);
            ids.forEach(id -> assertThat(store.streamVersion(id)).isEqualTo(StreamVersion.of(number + 1)));
        }
    }

    private StreamWrites writeRelyingOn(StreamId written, long version, StreamId guard, long guardVersion) {
        return StreamWrites.empty()
                .registerStream(written, exactly(version))
                .registerStream(guard, exactly(guardVersion))
                .append(deposited(written, 1));
    }

    private boolean succeeds(StreamWrites writes) {
        try {
            store.appendEvents(writes);
            return true;
        } catch (VersionConflictException conflict) {
            return false;
        }
    }
}
