package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Versions of a projection side by side, and side effects, which no version repeats. */
abstract class ProjectionVersionsContract extends ProjectionRunnerFixture {
    @Test
    void a_new_version_is_built_beside_the_one_in_use_and_takes_its_place_when_it_has_caught_up() {
        List<Long> first = new CopyOnWriteArrayList<>();
        deposit(ADA, 5);
        ProjectionRunner old = start(firstVersion(first).build());
        Eventually.until("the first version has caught up", () -> first.size() == 5);
        old.stop();
        CountDownLatch goOn = gate();
        LookedAtStore looked = new LookedAtStore(store);

        ProjectionRunner runner = start(builder(looked)
                .projection(firstVersion(first).build())
                .projection(ledger("applied")
                        .version(2)
                        .on(LedgerEvent.class, event -> {
                            await(goOn);
                            applied.add(event);
                        })
                        .build()));
        GlobalPosition last = deposit(BOB, 2);

        assertThat(runner.awaitPosition("applied", last, Eventually.patience())).isEqualTo(AwaitOutcome.REACHED);
        assertThat(first).hasSize(7);
        int before = looked.looks.get();
        // The third look begins when the second has ended, with everything that follows from it.
        Eventually.until("the store was looked at and more", () -> looked.looks.get() >= before + 3);
        assertThat(runner.activeVersion("applied")).isEqualTo(1);
        goOn.countDown();
        Eventually.until("the second version is active", () -> runner.activeVersion("applied") == 2);
        awaitAllApplied();
        GlobalPosition later = deposit(ADA, 3);
        assertThat(runner.awaitPosition("applied", later, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
        assertThat(runner.status())
                .extracting(ProjectionStatus::name, ProjectionStatus::active)
                .containsExactly(tuple("applied", false), tuple("applied@2", true));
        Eventually.until("the first version goes on as long as an instance declares it", () -> first.size() == 10);
    }

    @Test
    void an_instance_without_the_active_version_waits_for_it_and_a_newer_one_does_not_go_back() {
        List<Long> first = new CopyOnWriteArrayList<>();
        start(firstVersion(first).build());
        Eventually.until(
                "the first version is active", () -> store.partitions().stream().anyMatch(PartitionState::active));
        ProjectionRunner newer = start(appliedEventsProjection().version(2).build());
        GlobalPosition last = deposit(ADA, 3);
        assertThat(newer.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);

        Eventually.until("the second version is active", () -> newer.activeVersion("applied") == 2);
        ProjectionRunner old = start(firstVersion(first).build());

        GlobalPosition later = deposit(ADA, 1);
        assertThat(old.activeVersion("applied")).isEqualTo(2);
        assertThat(old.awaitPosition("applied", later, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
    }

    @Test
    void side_effects_begin_with_news_and_are_repeated_neither_by_a_reset_nor_by_a_new_version() {
        List<String> effects = new CopyOnWriteArrayList<>();
        deposit(ADA, 3);
        ProjectionRunner first = start(withSideEffects(1, effects).build());
        awaitAllApplied();
        deposit(ADA, 2);
        Eventually.until("two side effects", () -> effects.size() == 2, () -> effects);

        first.reset("applied");
        awaitAllApplied();
        deposit(BOB, 1);
        Eventually.until("the third side effect", () -> effects.size() == 3, () -> effects);
        first.stop();
        List<Long> secondReadModel = new CopyOnWriteArrayList<>();
        ProjectionRunner second = start(builder(store)
                .projection(withSideEffects(1, effects).build())
                .projection(ledger("applied")
                        .version(2)
                        .atLeastOnce()
                        .on(
                                LedgerEvent.class,
                                event -> secondReadModel.add(event.position().value()))
                        .sideEffects(event -> effects.add("2: " + event.position()))
                        .build()));
        Eventually.until("the second version is active", () -> second.activeVersion("applied") == 2);
        deposit(BOB, 1);

        Eventually.until("the fourth side effect", () -> effects.size() == 4, () -> effects);
        List<Long> all = positions(event -> true);
        assertThat(effects)
                .containsExactly("1: " + all.get(3), "1: " + all.get(4), "1: " + all.get(5), "2: " + all.get(6));
        assertThat(secondReadModel).isEqualTo(all);
    }

    private ProjectionBuilder<LedgerEvent> withSideEffects(int version, List<String> effects) {
        return appliedEventsProjection()
                .version(version)
                .clearedBy(applied::clear)
                .sideEffects(event -> effects.add(version + ": " + event.position()));
    }

    @Test
    void an_append_in_flight_when_side_effects_begin_is_news_and_holds_up_no_new_version() {
        List<Long> effects = new CopyOnWriteArrayList<>();
        deposit(ADA, 2);
        ProjectionRunner runner = builder(store)
                .projection(appliedEventsProjection().build())
                .projection(firstVersion(new CopyOnWriteArrayList<>())
                        .version(2)
                        .sideEffects(event -> effects.add(event.position().value()))
                        .build())
                .build();
        runners.add(runner);

        transaction.executeWithoutResult(status -> {
            deposit(BOB, 1);
            Race.elsewhere(() -> {
                runner.start();
                return true;
            });
        });
        transaction.executeWithoutResult(status -> {
            deposit(BOB, 1);
            status.setRollbackOnly();
        });

        Eventually.until("the second version is active", () -> runner.activeVersion("applied") == 2);
        Eventually.until("the side effect", () -> effects.size() == 1, () -> effects);
        assertThat(effects).isEqualTo(positions(event -> event.streamId().equals(BOB)));
    }

    @Test
    void a_version_that_is_reset_at_the_moment_it_has_caught_up_does_not_take_its_place() {
        List<Long> first = new CopyOnWriteArrayList<>();
        deposit(ADA, 3);
        ProjectionRunner old = start(firstVersion(first).build());
        Eventually.until("the first version has caught up", () -> first.size() == 3);
        old.stop();
        CountDownLatch goOn = gate();
        AtomicBoolean wasReset = new AtomicBoolean();
        Projection<LedgerEvent> second = ledger("applied")
                .version(2)
                .on(LedgerEvent.class, event -> {
                    if (wasReset.get()) {
                        await(goOn);
                    }
                    applied.add(event);
                })
                .clearedBy(applied::clear)
                .build();
        ProjectionRunner operator = builder(store)
                .projection(firstVersion(first).build())
                .projection(second)
                .build();
        LookedAtStore reset = new LookedAtStore(store) {
            @Override
            public boolean activateIfReached(String projection, int version, GlobalPosition position) {
                if (wasReset.compareAndSet(false, true)) {
                    operator.reset("applied@2");
                }
                return super.activateIfReached(projection, version, position);
            }
        };

        ProjectionRunner runner =
                start(builder(reset).projection(firstVersion(first).build()).projection(second));
        Eventually.until("it was reset", wasReset::get);
        int before = reset.looks.get();
        Eventually.until("the store was looked at and more", () -> reset.looks.get() >= before + 3);

        assertThat(runner.activeVersion("applied")).isEqualTo(1);
        goOn.countDown();
        Eventually.until("the second version is active", () -> runner.activeVersion("applied") == 2);
        awaitAllApplied();
    }

    private ProjectionBuilder<LedgerEvent> firstVersion(List<Long> readModel) {
        return ledger("applied")
                .atLeastOnce()
                .on(LedgerEvent.class, event -> readModel.add(event.position().value()));
    }

    @Test
    void a_side_effect_waits_until_its_event_is_in_the_read_model() {
        CountDownLatch goOn = gate();
        List<Long> effects = new CopyOnWriteArrayList<>();
        LookedAtStore looked = new LookedAtStore(store);
        start(builder(looked)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            if (event.version().value() == 2) {
                                await(goOn);
                            }
                            applied.add(event);
                        })
                        .sideEffects(event -> effects.add(event.version().value()))
                        .build()));
        deposit(ADA, 1);
        Eventually.until("the first side effect", () -> effects.equals(List.of(1L)), () -> effects);

        deposit(ADA, 1);
        int before = looked.looks.get();
        Eventually.until("the store was looked at a few times", () -> looked.looks.get() > before + 4);

        assertThat(effects).containsExactly(1L);
        goOn.countDown();
        Eventually.until("the second side effect", () -> effects.size() == 2, () -> effects);
        awaitAllApplied();
    }

    @Test
    void a_side_effect_that_takes_long_does_not_hold_up_the_read_model() {
        CountDownLatch goOn = gate();
        List<Long> effects = new CopyOnWriteArrayList<>();
        start(appliedEventsProjection()
                .sideEffects(event -> {
                    await(goOn);
                    effects.add(event.position().value());
                })
                .build());

        for (int i = 0; i < 10; i++) {
            deposit(ADA, 1);
        }

        awaitAllApplied();
        assertThat(effects).isEmpty();
        goOn.countDown();
        Eventually.until("all side effects", () -> effects.size() == 10, () -> effects);
        assertThat(effects).isEqualTo(positions(event -> true));
    }

    @Test
    void a_side_effect_that_fails_goes_the_way_of_an_error_and_the_read_model_goes_on() {
        List<Long> effects = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(appliedEventsProjection()
                .sideEffects(event -> {
                    if (event.version().value() == 2) {
                        throw new IllegalStateException("s3cr3t");
                    }
                    effects.add(event.version().value());
                })
                .onError(failure -> FailureDecision.SKIP)
                .build());

        deposit(ADA, 3);

        awaitAllApplied();
        Eventually.until("the others are done", () -> effects.equals(List.of(1L, 3L)), () -> effects);
        assertThat(runner.status())
                .filteredOn(status -> status.version() == ProjectionPartition.SIDE_EFFECTS)
                .singleElement()
                .satisfies(status -> {
                    assertThat(status.name()).isEqualTo("applied@side-effects");
                    assertThat(status.partitions().get(0).failures()).isPositive();
                });
    }

    /** Counts how often a runner looks at the state of the projections. */
    private static class LookedAtStore extends ForwardingProjectionStore {
        private final AtomicInteger looks = new AtomicInteger();

        private LookedAtStore(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public List<PartitionState> partitions() {
            looks.incrementAndGet();
            return super.partitions();
        }
    }
}
