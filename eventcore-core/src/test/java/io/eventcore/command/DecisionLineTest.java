package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventRoundTrip;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.command.PendingDecision.Outcome;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of decisions when one on which they rest goes away. Called as the combiner does, by one thread. */
class DecisionLineTest {
    private static final StreamId HOT = StreamId.of("account-hot");

    private final InMemoryEventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final EventRoundTrip roundTrip = store.internals().roundTrip().orElseThrow();
    private final CacheBudget budget = new CacheBudget(Runnable::run);
    private final StreamCache cache = new StreamCache(budget);
    private final QueryCache queries = new QueryCache(budget);
    private final AtomicBoolean othersCome = new AtomicBoolean();
    private final DecisionLine line = new DecisionLine(store, cache, queries, heldLock(), othersCome::get);

    private static ReentrantLock heldLock() {
        ReentrantLock lock = new ReentrantLock();
        lock.lock();
        return lock;
    }

    @BeforeEach
    void cacheTheStream() {
        Map<StreamId, StreamVersion> empty = Map.of(HOT, StreamVersion.NONE);
        assertThat(cache.add(empty, new FoundEvents(empty, List.of()))).isTrue();
    }

    @Test
    void what_rests_on_a_group_that_is_stored_goes_on() {
        PendingDecision first = arrives(1);
        PendingDecision second = arrives(2);

        carryOut(first);

        assertThat(second.isLost()).isFalse();
        assertThat(carryOut(second).slice().events()).hasSize(1);
        assertThat(line.isIdle()).isTrue();
        assertThat(line.losses()).isZero();
    }

    @Test
    void what_rests_on_one_that_is_withdrawn_is_lost() {
        arrives(1);
        PendingDecision second = arrives(2);

        line.withdraw(arrives(3));

        assertThat(second.isLost()).isTrue();
        assertThat(line.isIdle()).isTrue();
        assertThat(cache.version(HOT)).isEqualTo(StreamVersion.NONE);
        assertThat(line.losses()).isEqualTo(1);
    }

    @Test
    void while_a_group_is_under_way_it_is_lost_when_that_has_ended() {
        PendingDecision first = arrives(1);
        PendingDecision second = arrives(2);
        PendingDecision third = arrives(3);
        assertThat(line.nextLeader(0)).isSameAs(first);

        line.withdraw(second);
        assertThat(third.isLost()).isFalse();
        Outcome outcome = line.carryOut(List.of(first)).get(0);
        line.release(first);

        assertThat(outcome.slice().events()).hasSize(1);
        assertThat(third.isLost()).isTrue();
        assertThat(cache.version(HOT)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void lost_ones_are_told_to_decide_again_and_stored_no_more() {
        PendingDecision first = arrives(1);
        PendingDecision second = arrives(2);
        assertThat(line.nextLeader(0)).isSameAs(first);
        line.release(first);

        Outcome outcome = carryOut(second);

        assertThatExceptionOfType(DecideAgainException.class).isThrownBy(outcome::slice);
        assertThat(store.streamVersion(HOT)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void one_whose_leader_has_died_before_it_sent_the_group_decides_again() {
        Outcome outcome = line.withoutAnswer(arrives(1));

        assertThatExceptionOfType(DecideAgainException.class).isThrownBy(outcome::slice);
    }

    @Test
    void one_whose_leader_has_died_after_that_finds_what_is_stored() {
        PendingDecision sent = arrives(1);
        EventStreamSlice written = carryOut(sent).slice();

        assertThat(line.withoutAnswer(sent).slice()).isEqualTo(written);
        assertThat(store.streamVersion(HOT)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void one_that_holds_the_line_waits_for_others_that_come() {
        othersCome.set(true);
        PendingDecision holds = arrives(1, true);
        assertThat(line.nextLeader(0)).isNull();

        line.beginDraining();
        assertThat(line.nextLeader(0)).isSameAs(holds);
        line.endDraining();
    }

    private Outcome carryOut(PendingDecision decision) {
        assertThat(line.nextLeader(0)).isSameAs(decision);
        Outcome outcome = line.carryOut(List.of(decision)).get(0);
        line.release(decision);
        return outcome;
    }

    private PendingDecision arrives(long cents) {
        return arrives(cents, false);
    }

    private PendingDecision arrives(long cents, boolean holds) {
        StreamWrites writes =
                StreamWrites.to(HOT, ExpectedVersion.exactly(cache.version(HOT)), new Deposited(HOT, cents));
        PendingDecision decision = PendingDecision.of(writes, List.of(), holds, roundTrip);
        assertThat(cache.reserve(decision.bytes()) && queries.reserve(decision)).isTrue();
        line.arrive(decision);
        return decision;
    }
}
