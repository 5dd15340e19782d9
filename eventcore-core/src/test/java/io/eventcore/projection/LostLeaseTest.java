package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A worker that has lost its lease, and does not notice because its projection does not return, is its own trouble only. */
class LostLeaseTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration LEASE = Duration.ofMillis(400);

    @EventType("account.seen")
    record Seen(StreamId streamId) implements Event {}

    private final CountDownLatch applying = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CountDownLatch seized = new CountDownLatch(1);

    /** Renewals after the loss in which every lease that was named was still held. */
    private final CountDownLatch renewals = new CountDownLatch(2);

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class)));
    private final InMemoryProjectionStore store = new InMemoryProjectionStore();
    private final ProjectionRunner runner = ProjectionRunner.builder(events, watched(store))
            .lease(LEASE)
            .poll(Duration.ofMillis(2), Duration.ofMillis(20))
            .projection(Projection.named("hangs", Seen.class)
                    .atLeastOnce()
                    .on(Seen.class, event -> {
                        applying.countDown();
                        goOn.await();
                    })
                    .build())
            .projection(Projection.named("goes-on", Seen.class)
                    .atLeastOnce()
                    .on(Seen.class, event -> {})
                    .build())
            .build();

    @AfterEach
    void stop() {
        goOn.countDown();
        runner.stop();
    }

    @Test
    void the_leases_of_others_are_renewed_as_before() throws Exception {
        events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new Seen(ADA)));
        runner.start();
        assertThat(applying.await(60, TimeUnit.SECONDS)).isTrue();

        Lease other = store.seize(new ProjectionPartition("hangs", 0), "another instance", Duration.ofHours(1));
        seized.countDown();

        assertThat(renewals.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(other.partition().projection()).isEqualTo("hangs");
    }

    /** Counts the renewals after the loss that concern leases which are all still held. */
    private ProjectionStore watched(ProjectionStore behind) {
        return (ProjectionStore) Proxy.newProxyInstance(
                ProjectionStore.class.getClassLoader(),
                new Class<?>[] {ProjectionStore.class},
                (proxy, method, args) -> {
                    boolean lost = seized.getCount() == 0;
                    Object answer;
                    try {
                        answer = method.invoke(behind, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (lost
                            && method.getName().equals("renew")
                            && !((List<?>) args[0]).isEmpty()
                            && answer.equals(true)) {
                        renewals.countDown();
                    }
                    return answer;
                });
    }
}
