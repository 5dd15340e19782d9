package io.eventcore.test.contract;

import static io.eventcore.test.contract.ShopEvent.broken;
import static io.eventcore.test.contract.ShopEvent.brokenByAChecked;
import static io.eventcore.test.contract.ShopEvent.brokenByAnError;
import static io.eventcore.test.contract.ShopEvent.brokenByRecursion;
import static io.eventcore.test.contract.ShopEvent.checkedOut;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static io.eventcore.test.contract.ShopEvent.viewed;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventStreamSlice;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What projections receive of events that were stored in earlier shapes. */
abstract class UpcastProjectionsContract extends UpcastProcessingFixture {
    private static ProjectionBuilder<ShopEvent> shop() {
        return Projection.named("shop", ShopEvent.class).filter(CARTS);
    }

    private static long[] positions(EventStreamSlice slice, int... places) {
        long[] positions = new long[places.length];
        for (int i = 0; i < places.length; i++) {
            positions[i] = slice.events().get(places[i]).position().value();
        }
        return positions;
    }

    @Test
    void a_projection_applies_each_part_once_and_gets_past_what_is_dropped() {
        EventStreamSlice slice =
                append(viewed(ADA), itemAdded(ADA, "pen"), checkedOut(ADA, 5), checkedOut(BOB, 0), viewed(BOB));
        List<String> seen = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    seen.add(event.event().getClass().getSimpleName() + event.part());
                    applied.add(event);
                })
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 1, 2, 2, 3)));
        assertThat(seen).containsExactly("ItemAdded0", "Closed0", "Paid1", "Closed0");
        assertThat(runner.status().get(0).partitions().get(0).lag()).isZero();
    }

    private static List<Long> longs(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    @Test
    void the_parts_of_an_event_are_applied_together_or_not_at_all() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), checkedOut(ADA, 5), itemAdded(ADA, "ink"));
        AtomicInteger failures = new AtomicInteger(3);
        List<Long> betweenParts = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1) {
                        betweenParts.add(store.checkpoint(new ProjectionPartition("shop", 0))
                                .position()
                                .value());
                        if (failures.getAndDecrement() > 0) {
                            throw new IllegalStateException("the second part fails");
                        }
                    }
                })
                .onError(failure -> FailureDecision.RETRY)
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 1, 1, 2)));
        assertThat(betweenParts)
                .hasSize(4)
                .allMatch(checkpoint ->
                        checkpoint < slice.events().get(1).position().value());
    }

    @Test
    void an_event_whose_second_part_fails_for_good_is_skipped_whole() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), checkedOut(ADA, 5), itemAdded(ADA, "ink"));

        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1) {
                        throw new IllegalStateException("the second part fails");
                    }
                })
                .onError(failure -> FailureDecision.SKIP)
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 2)));
    }

    @Test
    void a_stream_parked_at_a_part_goes_on_with_all_parts_once_and_in_order() {
        AtomicBoolean failing = new AtomicBoolean(true);
        EventStreamSlice slice = append(
                itemAdded(ADA, "pen"), checkedOut(ADA, 5), viewed(ADA), itemAdded(ADA, "ink"), itemAdded(BOB, "cap"));
        List<String> order = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(shop().on(ShopEvent.class, event -> {
                    applied.add(event);
                    if (event.part() == 1 && failing.get()) {
                        throw new IllegalStateException("the second part fails");
                    }
                    if (!failing.get()) {
                        order.add(event.version() + "." + event.part());
                    }
                })
                .onError(failure -> FailureDecision.PARK)
                .build());
        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 4)));
        assertThat(store.parkedStreams("shop").get(0).waiting()).isEqualTo(3);

        failing.set(false);
        runner.retryParked("shop", ADA);

        Eventually.until(
                "the stream is released", () -> store.parkedStreams("shop").isEmpty());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 1, 1, 3, 4)));
        assertThat(order).containsExactly("2.0", "2.1", "4.0");
    }

    @Test
    void a_function_for_one_type_gets_its_part_alone() {
        EventStreamSlice slice = append(checkedOut(ADA, 5), itemAdded(ADA, "pen"), new Paid(BOB, 7), viewed(BOB));

        ProjectionRunner runner = start(Projection.named("shop", ShopEvent.class)
                .on(Paid.class, applied::add)
                .build());
        awaitReached(runner, slice.lastPosition());
        ProjectionRunner narrow = start(Projection.named("narrow", Paid.class)
                .filter(EventFilter.all().ofTypes(Paid.class))
                .on(Paid.class, applied::add)
                .build());

        assertThat(narrow.awaitPosition("narrow", slice.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 0, 2, 2)));
    }

    @Test
    void who_follows_the_end_of_the_log_gets_the_same() {
        ProjectionRunner runner = start(shop().on(ShopEvent.class, applied::add).build());
        EventStreamSlice first = append(viewed(ADA));
        awaitReached(runner, first.lastPosition());

        EventStreamSlice next = append(checkedOut(ADA, 5), viewed(ADA), itemAdded(ADA, "pen"), viewed(ADA));

        awaitReached(runner, next.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(next, 0, 0, 2)));
    }

    @Test
    void an_event_that_an_upcaster_fails_at_is_decided_about_like_one_that_cannot_be_decoded() {
        EventStreamSlice slice = append(
                itemAdded(ADA, "pen"),
                broken(ADA),
                brokenByAChecked(ADA),
                brokenByAnError(ADA),
                brokenByRecursion(ADA),
                itemAdded(ADA, "ink"));
        List<Throwable> causes = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(shop().on(ShopEvent.class, applied::add)
                .onError(failure -> {
                    causes.add(failure.cause());
                    return FailureDecision.SKIP;
                })
                .build());

        awaitReached(runner, slice.lastPosition());
        assertThat(applied.positions()).isEqualTo(longs(positions(slice, 0, 5)));
        assertThat(causes)
                .hasSize(4)
                .allSatisfy(cause -> assertThat(cause)
                        .isInstanceOf(EventDeserializationException.class)
                        .hasMessageContaining("the upcaster from 'shop.broken'")
                        .hasMessageNotContaining("s3cr3t"));
    }

    @Test
    void a_log_whose_last_event_seen_was_dropped_since_is_still_the_same_log() {
        EventStreamSlice slice = append(itemAdded(ADA, "pen"), new Closed(ADA));
        ProjectionRunner yesterday =
                start(shop().on(ShopEvent.class, applied::add).build());
        awaitReached(yesterday, slice.lastPosition());
        yesterday.stop();

        deployed.passOnTo(withoutClosed());
        EventStreamSlice more = append(itemAdded(ADA, "ink"));

        awaitReached(start(shop().on(ShopEvent.class, applied::add).build()), more.lastPosition());
        assertThat(applied.positions())
                .isEqualTo(longs(new long[] {positions(slice, 0)[0], positions(slice, 1)[0], positions(more, 0)[0]}));
    }
}
