package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventCoreEndpoint.Action;
import io.eventcore.autoconfigure.EventCoreEndpoint.Outcome;
import io.eventcore.autoconfigure.EventCoreEndpoint.Overview;
import io.eventcore.autoconfigure.EventCoreEndpoint.Parked;
import io.eventcore.autoconfigure.EventCoreEndpoint.ProjectionDetails;
import io.eventcore.autoconfigure.EventCoreEndpoint.ProjectionOverview;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** How many parked streams the endpoint reads, of thousands. */
class EndpointRowsTest {
    private static final int PARKED = 5_000;
    private static final ProjectionPartition PARKS = new ProjectionPartition("parks", 0);

    private final AtomicInteger rows = new AtomicInteger();
    private final InMemoryProjectionStore kept = new InMemoryProjectionStore();
    private final ProjectionStore counted = counted(kept);
    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Noted.class)));
    private final EventCoreEndpoint endpoint = new EventCoreEndpoint(
            List.of(events),
            ProjectionRunner.builder(events, counted)
                    .projection(
                            Projection.named("parks", Noted.class).atLeastOnce().build())
                    .build(),
            counted,
            EndpointParts.of(new EventCoreProperties.Endpoint(false, false, false)));

    @EventType("noted")
    private record Noted(StreamId streamId) implements Event {}

    @BeforeEach
    void parkThousands() {
        kept.register("parks", 1, 1, GlobalPosition.START);
        Lease lease = kept.acquire(PARKS, 1, "one", Duration.ofSeconds(60)).orElseThrow();
        List<ParkedChange> parked = new ArrayList<>();
        for (int i = 1; i <= PARKED; i++) {
            parked.add(new ParkedChange.Parked(new ParkedStream(
                    PARKS,
                    StreamId.of("account-" + i),
                    GlobalPosition.of(i),
                    "noted",
                    "java.lang.IllegalStateException",
                    1,
                    ParkedStream.Request.NONE)));
        }
        assertThat(kept.advance(lease, Checkpoint.START, Checkpoint.START.movedTo(GlobalPosition.of(PARKED)), parked))
                .isTrue();
    }

    @Test
    void to_ask_for_one_parked_stream_reads_that_one() {
        WebEndpointResponse<Object> answer = endpoint.act(SecurityContext.NONE, "parks", "retry", 4_321L);

        assertThat(answer.getBody()).isEqualTo(new Outcome("parks", Action.RETRY, 1, null, null));
        assertThat(rows).hasValue(1);
        assertThat(kept.requestedStreams(10))
                .extracting(ParkedStream::streamId)
                .containsExactly(StreamId.of("account-4321"));
        assertThat(endpoint.act(SecurityContext.NONE, "parks", "retry", PARKED + 1L)
                        .getStatus())
                .isEqualTo(404);
        assertThat(endpoint.act(SecurityContext.NONE, "parks", "retry", -1L).getStatus())
                .isEqualTo(404);
        assertThat(rows).hasValue(1);
    }

    @Test
    void the_overview_counts_them_and_reads_none() {
        Overview overview =
                (Overview) Objects.requireNonNull(endpoint.overview().getBody());

        assertThat(overview.projections().values())
                .extracting(ProjectionOverview::parkedStreams)
                .containsExactly(PARKED);
        assertThat(rows).hasValue(0);
    }

    @Test
    void they_are_shown_page_by_page_each_once() {
        List<Long> positions = new ArrayList<>();
        Long after = null;
        int pages = 0;
        do {
            ProjectionDetails page = (ProjectionDetails) Objects.requireNonNull(
                    endpoint.projection("parks", after, null, null).getBody());
            assertThat(page.parked()).hasSize(100);
            assertThat(page.parkedStreams()).isEqualTo(PARKED);
            page.parked().stream().map(Parked::position).forEach(positions::add);
            after = page.next();
            pages++;
        } while (after != null);

        assertThat(pages).isEqualTo(PARKED / 100);
        assertThat(positions).hasSize(PARKED).isSorted().doesNotHaveDuplicates();
        assertThat(rows.get()).isLessThanOrEqualTo(PARKED + pages);
        assertThat(endpoint.projection("parks", -1L, null, null).getStatus()).isEqualTo(400);
    }

    private ProjectionStore counted(ProjectionStore store) {
        return (ProjectionStore) Proxy.newProxyInstance(
                ProjectionStore.class.getClassLoader(),
                new Class<?>[] {ProjectionStore.class},
                (proxy, method, args) -> {
                    try {
                        Object answer = method.invoke(store, args);
                        rows.addAndGet(parkedIn(answer));
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static int parkedIn(@Nullable Object answer) {
        return answer instanceof List<?> list
                ? (int) list.stream().filter(ParkedStream.class::isInstance).count()
                : 0;
    }
}
