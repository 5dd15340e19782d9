package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class RebuildTest {
    private static final ProjectionPartition PARTITION = new ProjectionPartition("balances", 0);

    @EventType("account.seen")
    record Seen(StreamId streamId) implements Event {}

    private final InMemoryProjectionStore store = new InMemoryProjectionStore();
    private final List<String> called = new CopyOnWriteArrayList<>();

    @Test
    void a_reset_releases_parked_streams_without_reading_them() {
        store.register("balances", 1, 1, GlobalPosition.START);
        Lease lease =
                store.acquire(PARTITION, 1, "before", Duration.ofMinutes(1)).orElseThrow();
        ParkedStream parked = new ParkedStream(
                PARTITION,
                StreamId.of("account-ada"),
                GlobalPosition.of(3),
                "account.seen",
                "java.lang.Error",
                1,
                ParkedStream.Request.NONE);
        store.advance(
                lease,
                Checkpoint.START,
                Checkpoint.START.movedTo(GlobalPosition.of(3)),
                List.of(new ParkedChange.Parked(parked)));

        ProjectionRunner.builder(
                        new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Seen.class))), watched())
                .projection(Projection.named("balances", Seen.class)
                        .atLeastOnce()
                        .clearedBy(() -> {})
                        .build())
                .build()
                .reset("balances");

        assertThat(called).contains("advance").doesNotContain("parkedStreams", "parkedIds");
        assertThat(store.parkedStreams()).isEmpty();
        assertThat(store.checkpoint(PARTITION)).isEqualTo(Checkpoint.START);
    }

    private ProjectionStore watched() {
        return (ProjectionStore) Proxy.newProxyInstance(
                ProjectionStore.class.getClassLoader(),
                new Class<?>[] {ProjectionStore.class},
                (proxy, method, args) -> {
                    called.add(method.getName());
                    try {
                        return method.invoke(store, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
