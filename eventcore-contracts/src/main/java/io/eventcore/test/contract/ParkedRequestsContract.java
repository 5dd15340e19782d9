package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.RecordedEvent;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What operators request for a parked stream while a runner carries out another request. */
abstract class ParkedRequestsContract extends ProjectionRunnerFixture {
    private final AtomicBoolean broken = new AtomicBoolean(true);
    private final CountDownLatch applying = new CountDownLatch(1);
    private final CountDownLatch goOn = gate();

    @Test
    void what_is_discarded_while_a_retry_applies_it_is_not_applied() {
        ProjectionRunner runner = startWithAllOfAdaParked(2);

        broken.set(false);
        assertThat(runner.retryParked("applied", ADA)).isTrue();
        await(applying);
        assertThat(runner.discardParked("applied", ADA)).isTrue();
        goOn.countDown();

        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
        deposit(ADA, 1);
        awaitApplied(positions(event -> isOfAda(event, 1) || isOfAda(event, 4)));
    }

    @Test
    void what_is_retried_again_while_a_retry_fails_is_tried_once_more() {
        ProjectionRunner runner = startWithAllOfAdaParked(1);

        assertThat(runner.retryParked("applied", ADA)).isTrue();
        await(applying);
        broken.set(false);
        assertThat(runner.retryParked("applied", ADA)).isTrue();
        goOn.countDown();

        awaitAllApplied();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
    }

    @Test
    void a_retry_that_was_withdrawn_ends_before_the_next_event() {
        ProjectionRunner runner = startWithAllOfAdaParked(2);

        broken.set(false);
        runner.retryParked("applied", ADA);
        await(applying);
        assertThat(store.request("applied", ADA, ParkedStream.Request.NONE)).isTrue();
        goOn.countDown();
        deposit(BOB, 1);

        awaitApplied(positions(event -> isOfAda(event, 1) || event.streamId().equals(BOB)));
        assertThat(waiting()).isEqualTo(2);
        runner.retryParked("applied", ADA);
        awaitAllApplied();
    }

    /** @param held the version of Ada's account at which a retry waits for the test */
    private ProjectionRunner startWithAllOfAdaParked(long held) {
        deposit(ADA, 3);
        List<Long> parked = new CopyOnWriteArrayList<>();
        ProjectionBuilder<LedgerEvent> projection = ledger("applied").on(LedgerEvent.class, event -> {
            boolean fails = broken.get();
            if (!parked.isEmpty() && isOfAda(event, held) && applying.getCount() > 0) {
                applying.countDown();
                await(goOn);
            }
            if (fails) {
                throw new IllegalStateException("broken");
            }
            applied.add(event);
        });
        ProjectionRunner runner = start(projection
                .onError(failure -> {
                    parked.add(failure.position().value());
                    return FailureDecision.PARK;
                })
                .build());
        Eventually.until("three events wait", () -> waiting() == 3);
        return runner;
    }

    private static boolean isOfAda(RecordedEvent<?> event, long version) {
        return event.streamId().equals(ADA) && event.version().value() == version;
    }
}
