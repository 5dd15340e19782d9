package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An interrupted reset: it leaves no read model empty with a checkpoint that has passed its events. */
abstract class ProjectionResetContract extends ProjectionRunnerFixture {
    private static final String NAME = "applied";
    private static final StreamId FIRST = StreamId.of("account-0");

    /** A read model outside any transaction. */
    private final Set<Long> elsewhere = new ConcurrentSkipListSet<>();

    /** How the projection that is reset runs. */
    private enum Kind {
        TRANSACTIONAL,
        AT_LEAST_ONCE
    }

    static Stream<Arguments> kinds() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(1, 3).map(partitions -> Arguments.of(kind, partitions)));
    }

    @ParameterizedTest(name = "{0}, {1} partitions")
    @MethodSource("kinds")
    void a_reset_that_ends_at_any_of_its_steps_loses_no_event(Kind kind, int partitions) {
        buildReadModel(kind, partitions);
        for (int step = 1; step <= partitions; step++) {
            for (boolean done : List.of(false, true)) {
                EndingAt broken = new EndingAt(store, step, done);
                ProjectionRunner resetting =
                        builder(broken).projection(projection(kind, partitions)).build();

                assertThatExceptionOfType(EventStoreUnavailableException.class).isThrownBy(() -> resetting.reset(NAME));

                assertThat(broken.left).hasValue(0);
                awaitWholeReadModel(kind, partitions);
            }
        }
    }

    @ParameterizedTest(name = "{0}, {1} partitions")
    @MethodSource("kinds")
    void a_reset_that_ends_while_it_empties_the_read_model_loses_no_event(Kind kind, int partitions) {
        buildReadModel(kind, partitions);
        ProjectionRunner resetting = builder(store)
                .projection(definition(kind, partitions)
                        .clearedBy(() -> {
                            clear(kind);
                            throw new IllegalStateException("in the middle");
                        })
                        .build())
                .build();

        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> resetting.reset(NAME));

        awaitWholeReadModel(kind, partitions);
    }

    @ParameterizedTest(name = "{0}, {1} partitions")
    @MethodSource("kinds")
    void a_reset_of_what_is_divided_anew_meanwhile_sets_all_of_it_back(Kind kind, int partitions) {
        buildReadModel(kind, partitions);
        AtomicInteger looks = new AtomicInteger();
        ProjectionStore changing = new ForwardingProjectionStore(store) {
            @Override
            public List<PartitionState> partitions(String projection) {
                List<PartitionState> before = super.partitions(projection);
                if (looks.getAndIncrement() == 0) {
                    divideAnew(before, 5);
                }
                return before;
            }
        };

        builder(changing).projection(projection(kind, partitions)).build().reset(NAME);

        assertThat(store.partitions(NAME))
                .hasSize(5)
                .allSatisfy(state -> assertThat(state.checkpoint()).isEqualTo(Checkpoint.START));
        awaitWholeReadModel(kind, 5);
    }

    @ParameterizedTest(name = "{0}, {1} partitions")
    @MethodSource("kinds")
    void a_projection_that_cannot_be_emptied_stays_where_it_is_with_what_it_has_parked(Kind kind, int partitions) {
        List<PartitionState> before = parkFirstAccount(kind, partitions);
        List<ParkedStream> parked = store.parkedStreams(NAME);

        ProjectionRunner resetting =
                builder(store).projection(definition(kind, partitions).build()).build();
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> resetting.reset(NAME));

        assertThat(store.partitions(NAME))
                .extracting(PartitionState::checkpoint)
                .isEqualTo(before.stream().map(PartitionState::checkpoint).toList());
        assertThat(store.parkedStreams(NAME)).isEqualTo(parked).hasSize(1);
    }

    @ParameterizedTest(name = "{0}, {1} partitions")
    @MethodSource("kinds")
    void what_is_parked_when_a_reset_fails_can_be_retried_as_a_whole(Kind kind, int partitions) {
        parkFirstAccount(kind, partitions);
        ProjectionRunner resetting = builder(store)
                .projection(definition(kind, partitions)
                        .clearedBy(() -> {
                            clear(kind);
                            throw new IllegalStateException("in the middle");
                        })
                        .build())
                .build();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> resetting.reset(NAME));

        ProjectionRunner runner = start(projection(kind, partitions));
        Eventually.until("something waits", () -> waiting() > 0);
        assertThat(runner.retryParked(NAME, FIRST)).isTrue();
        Eventually.until("nothing waits", () -> waiting() == 0);
        runner.stop();

        awaitWholeReadModel(kind, partitions);
    }

    /**
     * If the read model is outside any transaction, nothing else keeps another instance from applying events during the
     * reset.
     */
    @Test
    void a_reset_that_takes_longer_than_a_lease_is_not_overtaken_although_its_runner_does_not_run() throws Exception {
        Kind kind = Kind.AT_LEAST_ONCE;
        int partitions = 3;
        buildReadModel(kind, partitions);
        CountDownLatch clearing = new CountDownLatch(1);
        CountDownLatch goOn = gate();
        AtomicInteger renewals = new AtomicInteger();
        ProjectionStore counted = new ForwardingProjectionStore(store) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                boolean all = super.renew(leases, length);
                renewals.incrementAndGet();
                return all;
            }
        };
        ProjectionRunner resetting = builder(counted)
                .lease(Duration.ofSeconds(1))
                .projection(definition(kind, partitions)
                        .clearedBy(() -> {
                            clearing.countDown();
                            await(goOn);
                            clear(kind);
                        })
                        .build())
                .build();
        ProjectionRunner other =
                start(builder(store).lease(Duration.ofSeconds(1)).projection(projection(kind, partitions)));

        CompletableFuture<Void> reset = CompletableFuture.runAsync(() -> resetting.reset(NAME));
        await(clearing);
        // Four renewals in the time of a lease.
        Eventually.until("two leases are over", () -> renewals.get() >= 8);
        assertThat(store.partitions(NAME)).noneMatch(PartitionState::free);
        goOn.countDown();
        reset.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        other.stop();
        awaitWholeReadModel(kind, partitions);
    }

    /** The first event of one stream is applied, and its second event fails. */
    private List<PartitionState> parkFirstAccount(Kind kind, int partitions) {
        for (int i = 0; i < 6; i++) {
            deposit(StreamId.of("account-" + i), 2);
        }
        ProjectionBuilder<LedgerEvent> failing = ledger(NAME)
                .partitions(partitions)
                .on(LedgerEvent.class, event -> {
                    if (event.streamId().equals(FIRST) && event.version().value() == 2) {
                        throw new IllegalStateException("not now");
                    }
                    add(kind, event);
                })
                .onError(failure -> FailureDecision.PARK);
        ProjectionRunner runner = start(
                kind == Kind.TRANSACTIONAL
                        ? failing.build()
                        : failing.atLeastOnce().build());
        awaitTheEnd(runner);
        runner.stop();
        assertThat(waiting()).isEqualTo(1);
        return store.partitions(NAME);
    }

    private void divideAnew(List<PartitionState> states, int partitions) {
        List<Lease> leases = states.stream()
                .map(state -> store.seize(state.partition(), "divides", Duration.ofMinutes(1)))
                .toList();
        Checkpoint foremost = states.stream()
                .map(PartitionState::checkpoint)
                .max((one, other) -> one.position().compareTo(other.position()))
                .orElseThrow();
        leases.forEach(
                lease -> assertThat(store.advance(lease, store.checkpoint(lease.partition()), foremost, List.of()))
                        .isTrue());
        assertThat(store.repartition(leases, partitions, stream -> 0)).isTrue();
    }

    private void buildReadModel(Kind kind, int partitions) {
        for (int i = 0; i < 6; i++) {
            deposit(StreamId.of("account-" + i), 2);
        }
        awaitWholeReadModel(kind, partitions);
    }

    /** Runs the projection until its read model is complete, and stops it. */
    private void awaitWholeReadModel(Kind kind, int partitions) {
        ProjectionRunner runner = start(projection(kind, partitions));
        List<Long> all = positions(event -> true);
        awaitTheEnd(runner);
        runner.stop();
        if (kind == Kind.TRANSACTIONAL) {
            assertThat(applied.positions()).isEqualTo(all);
        } else {
            assertThat(elsewhere).containsExactlyElementsOf(all);
        }
    }

    private void awaitTheEnd(ProjectionRunner runner) {
        List<Long> all = positions(event -> true);
        Eventually.until(
                "all partitions have come to the end",
                () -> runner.status().get(0).position().value() >= all.get(all.size() - 1));
    }

    private Projection<LedgerEvent> projection(Kind kind, int partitions) {
        return definition(kind, partitions).clearedBy(() -> clear(kind)).build();
    }

    private ProjectionBuilder<LedgerEvent> definition(Kind kind, int partitions) {
        ProjectionBuilder<LedgerEvent> definition =
                ledger(NAME).partitions(partitions).on(LedgerEvent.class, event -> add(kind, event));
        return kind == Kind.TRANSACTIONAL ? definition : definition.atLeastOnce();
    }

    private void add(Kind kind, RecordedEvent<? extends LedgerEvent> event) {
        if (kind == Kind.TRANSACTIONAL) {
            applied.add(event);
        } else {
            elsewhere.add(event.position().value());
        }
    }

    private void clear(Kind kind) {
        if (kind == Kind.TRANSACTIONAL) {
            applied.clear();
        } else {
            elsewhere.clear();
        }
    }

    /** Becomes unreachable when a checkpoint is set back: before the change, or after it and before the answer. */
    private static final class EndingAt extends ForwardingProjectionStore {
        private final AtomicInteger left;
        private final boolean done;

        private EndingAt(ProjectionStore delegate, int step, boolean done) {
            super(delegate);
            this.left = new AtomicInteger(step);
            this.done = done;
        }

        @Override
        public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
            boolean ends = left.decrementAndGet() == 0;
            if (done || !ends) {
                boolean moved = super.advance(lease, from, to, parked);
                if (!ends) {
                    return moved;
                }
            }
            throw new EventStoreUnavailableException("in the middle", null);
        }
    }
}
