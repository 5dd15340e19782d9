package io.eventcore.test.contract.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class IdleProjectionsTest {
    private static final int PROJECTIONS = 20;

    /** How often the store is asked for the state of the projections: once a second. */
    private static final int LOOKS = 4;

    private final Map<String, Integer> calls = new ConcurrentHashMap<>();

    @Test
    void twenty_idle_projections_cost_fewer_than_25_statements_a_second() {
        ProjectionRunner.Builder builder = ProjectionRunner.builder(
                        counted(
                                EventStore.class,
                                new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()))),
                        counted(ProjectionStore.class, new InMemoryProjectionStore()))
                .transactionManager(new InMemoryTransactionManager());
        for (int i = 0; i < PROJECTIONS; i++) {
            builder.projection(
                    Projection.named("projection-" + i, LedgerEvent.class).build());
        }
        ProjectionRunner runner = builder.build();
        runner.start();
        try {
            Eventually.until(
                    "all have caught up",
                    () -> runner.status().stream()
                            .allMatch(status -> status.partitions().get(0).state() == ProjectionState.LIVE));
            // The pauses between two looks at the log double until they are a second.
            awaitLooks(2);
            calls.clear();

            awaitLooks(LOOKS);

            int all = calls.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(all).as("calls in %d seconds: %s", LOOKS, calls).isLessThan(25 * LOOKS);
        } finally {
            runner.stop();
        }
    }

    private void awaitLooks(int looks) {
        int before = calls.getOrDefault("partitions", 0);
        Eventually.until(
                "the keeper has looked", () -> calls.getOrDefault("partitions", 0) >= before + looks, () -> calls);
    }

    private <T> T counted(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.merge(method.getName(), 1, Integer::sum);
                    try {
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
