package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemoryProjectionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is known of parked streams while they are few, when they become many, and when they are few again. */
class ParkedIdsTest {
    private static final ProjectionPartition PARTITION = new ProjectionPartition("balances", 0);
    private static final int REMEMBERED = 3;

    private final InMemoryProjectionStore store = new InMemoryProjectionStore();
    private Lease lease;

    @BeforeEach
    void register() {
        store.register("balances", 1, 1, GlobalPosition.START);
        lease = store.acquire(PARTITION, 1, "one", Duration.ofSeconds(60)).orElseThrow();
    }

    @Test
    void few_are_known_without_asking() {
        park(0, 1);
        ParkedIds ids = new ParkedIds(store, PARTITION, REMEMBERED);
        park(2);

        assertThat(known(ids)).containsExactly(0, 1);
        ids.lookFor(Set.of(stream(2)));
        assertThat(known(ids)).as("who holds the lease would have said so").containsExactly(0, 1);
        ids.add(stream(2));
        ids.remove(stream(0));
        assertThat(known(ids)).containsExactly(1, 2);
        assertThat(ids.excludes(stream(0))).isTrue();
    }

    @Test
    void none_are_none() {
        ParkedIds ids = new ParkedIds(store, PARTITION, REMEMBERED);

        assertThat(ids.mayBeAny()).isFalse();
        ids.add(stream(1));
        assertThat(ids.mayBeAny()).isTrue();
        ids.remove(stream(1));
        assertThat(ids.mayBeAny()).isFalse();
    }

    @Test
    void of_many_those_of_a_page_are_asked_for() {
        park(0, 1, 2, 3, 4);
        ParkedIds ids = new ParkedIds(store, PARTITION, REMEMBERED);

        assertThat(ids.mayBeAny()).isTrue();
        assertThat(ids.excludes(stream(9))).isFalse();
        ids.lookFor(Set.of(stream(1), stream(9), stream(3)));
        assertThat(known(ids)).containsExactly(1, 3);
        ids.lookFor(Set.of(stream(4)));
        assertThat(known(ids)).containsExactly(4);
    }

    @Test
    void those_that_become_many_on_the_way_are_asked_for_from_the_next_page_on() {
        park(0, 1, 2);
        ParkedIds ids = new ParkedIds(store, PARTITION, REMEMBERED);
        park(3);
        ids.add(stream(3));
        assertThat(known(ids)).as("of this page all is known").containsExactly(0, 1, 2, 3);

        ids.lookFor(Set.of(stream(3), stream(9)));
        assertThat(known(ids)).containsExactly(3);
    }

    @Test
    void when_they_are_few_again_they_are_remembered_again() {
        park(0, 1, 2, 3);
        ParkedIds ids = new ParkedIds(store, PARTITION, REMEMBERED);
        ids.readIfUnknown();
        assertThat(ids.excludes(stream(9))).isFalse();

        store.advance(lease, Checkpoint.START, Checkpoint.START, List.of(new ParkedChange.Released(parked(0))));
        ids.readIfUnknown();

        assertThat(known(ids)).containsExactly(1, 2, 3);
        assertThat(ids.excludes(stream(9))).isTrue();
    }

    private void park(int... numbers) {
        List<ParkedChange> parked = new ArrayList<>();
        for (int number : numbers) {
            parked.add(new ParkedChange.Parked(parked(number)));
        }
        assertThat(store.advance(lease, Checkpoint.START, Checkpoint.START, parked))
                .isTrue();
    }

    private static ParkedStream parked(int number) {
        return new ParkedStream(
                PARTITION,
                stream(number),
                GlobalPosition.of(number + 1),
                "deposited",
                "java.lang.IllegalStateException",
                1,
                ParkedStream.Request.NONE);
    }

    private static StreamId stream(int number) {
        return StreamId.of("account-" + number);
    }

    private static List<Integer> known(ParkedIds ids) {
        return IntStream.range(0, 10)
                .filter(number -> ids.contains(stream(number)))
                .boxed()
                .toList();
    }
}
