package io.eventcore.test.contract.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandExecutor;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingEventStore;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What an event costs those who do not want it: no decoding, and no further read if it cannot be decoded. Counts the
 * pages that are read before the end of the log; how often the end is looked at is a matter of time.
 */
class UnwantedEventsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId OTHER = StreamId.of("other");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Picky serializer = new Picky();
    private final AppendSignal signal = new AppendSignal();
    private final Clock clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    private final EventStore events = new InMemoryEventStore(serializer, AppendLimits.defaults(), clock, signal);
    /** Where the pages began that were read before the end of the log at that time. */
    private final List<GlobalPosition> pages = new CopyOnWriteArrayList<>();

    private final ProjectionRunner.Builder builder = ProjectionRunner.builder(
                    counted(events), new InMemoryProjectionStore())
            .wokenBy(signal);
    private final List<ProjectionRunner> started = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        started.forEach(ProjectionRunner::stop);
    }

    @Test
    void an_event_that_cannot_be_decoded_costs_no_further_read_while_catching_up() {
        append(ADA, 200);
        withdraw(ADA);
        append(ADA, 200);

        ProjectionRunner runner = start(skipping("all"));

        assertReached(runner, "all");
        assertThat(pages).hasSize(1);
    }

    @Test
    void an_event_that_cannot_be_decoded_costs_no_further_read_of_those_who_follow() {
        ProjectionRunner runner = start(skipping("one"), skipping("two"));
        Eventually.until(
                "both follow",
                () -> runner.status().stream()
                        .allMatch(status -> status.partitions().get(0).state() == ProjectionState.LIVE));

        events.appendEvents(StreamWrites.to(
                ADA, ExpectedVersion.any(), new Deposited(ADA, 1), new Withdrawn(ADA, 1), new Deposited(ADA, 2)));

        assertReached(runner, "one");
        assertReached(runner, "two");
        assertThat(pages).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void what_a_filter_leaves_out_is_not_decoded_by_those_who_follow() {
        ProjectionRunner runner = start(
                failing("by-prefix").filter(EventFilter.prefix(StreamPrefix.of("account-"))),
                failing("by-type").filter(EventFilter.all().ofTypes(LedgerEvent.Opened.class)));
        Eventually.until(
                "both follow",
                () -> runner.status().stream()
                        .allMatch(status -> status.partitions().get(0).state() == ProjectionState.LIVE));

        withdraw(OTHER);
        append(OTHER, 3);

        assertReached(runner, "by-prefix");
        assertReached(runner, "by-type");
        assertThat(serializer.decoded).isEmpty();
    }

    @Test
    void what_no_function_of_a_projection_or_a_reaction_takes_is_passed_over_undecoded() {
        withdraw(ADA);
        append(ADA, 1);
        ProjectionRunner runner = startAll(
                failing("projection").on(Deposited.class, event -> {}).build(),
                Reaction.asProjection(
                        Reaction.named("reaction", LedgerEvent.class)
                                .on(Deposited.class, event -> List.of())
                                .onError(failure -> FailureDecision.FAIL)
                                .build(),
                        executor()));
        assertReached(runner, "projection");
        assertReached(runner, "reaction");

        withdraw(ADA);
        append(ADA, 1);

        assertReached(runner, "projection");
        assertReached(runner, "reaction");
        assertThat(serializer.decoded).containsOnly("ledger.deposited");
    }

    @Test
    void what_was_recorded_before_a_reaction_begins_is_passed_over_undecoded() {
        withdraw(ADA);
        append(ADA, 2);

        ProjectionRunner runner = startAll(Reaction.asProjection(
                Reaction.named("reaction", LedgerEvent.class)
                        .since(clock.instant().plusSeconds(3600))
                        .onError(failure -> FailureDecision.FAIL)
                        .build(),
                executor()));

        assertReached(runner, "reaction");
        assertThat(serializer.decoded).isEmpty();
    }

    @Test
    void what_waits_behind_an_event_that_cannot_be_decoded_has_waited_since_that_was_recorded() {
        assertLagWhileRetrying(events, Duration.ofSeconds(7));
    }

    private void assertLagWhileRetrying(EventStore store, Duration lag) {
        withdraw(ADA);
        ProjectionRunner runner = ProjectionRunner.builder(store, new InMemoryProjectionStore())
                .clock(Clock.offset(clock, Duration.ofSeconds(7)))
                .projection(Projection.named("retries", LedgerEvent.class)
                        .atLeastOnce()
                        .onError(failure -> FailureDecision.RETRY)
                        .build())
                .build();
        started.add(runner);
        runner.start();

        Eventually.until(
                "it tries again",
                () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.RETRYING);

        assertThat(runner.status().get(0).lag()).isEqualTo(lag);
    }

    private CommandExecutor executor() {
        return CommandExecutor.builder(events)
                .executedCommands(new InMemoryExecutedCommands())
                .build();
    }

    private static ProjectionBuilder<LedgerEvent> failing(String name) {
        return Projection.named(name, LedgerEvent.class).atLeastOnce().onError(failure -> FailureDecision.FAIL);
    }

    private static ProjectionBuilder<LedgerEvent> skipping(String name) {
        return Projection.named(name, LedgerEvent.class).atLeastOnce().onError(failure -> FailureDecision.SKIP);
    }

    private ProjectionRunner start(ProjectionBuilder<?>... projections) {
        return startAll(Arrays.stream(projections).map(ProjectionBuilder::build).toArray(Projection<?>[]::new));
    }

    private ProjectionRunner startAll(Projection<?>... projections) {
        Arrays.stream(projections).forEach(builder::projection);
        ProjectionRunner runner = builder.build();
        started.add(runner);
        runner.start();
        return runner;
    }

    private void assertReached(ProjectionRunner runner, String projection) {
        assertThat(runner.awaitPosition(projection, events.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    /** Each look at the end reads the last event again, by which a log that was set back is told. */
    private boolean isBeforeTheEnd(GlobalPosition after) {
        return after.value() < events.lastPosition().value() - 1;
    }

    private void append(StreamId stream, int times) {
        for (int i = 0; i < times; i++) {
            events.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), new Deposited(stream, i)));
        }
    }

    /** Appends an event that cannot be decoded. */
    private void withdraw(StreamId stream) {
        events.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), new Withdrawn(stream, 1)));
    }

    private EventStore counted(EventStore store) {
        return new ForwardingEventStore(store) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                if (isBeforeTheEnd(page.after())) {
                    pages.add(page.after());
                }
                return super.readStored(filter, page);
            }

            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                throw new AssertionError("A projection reads without decoding");
            }
        };
    }

    /** Cannot decode withdrawals, and remembers what it was asked to decode. */
    private static final class Picky extends ForwardingSerializer {
        private final List<String> decoded = new CopyOnWriteArrayList<>();

        private Picky() {
            super(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            decoded.add(stored.typeName());
            if (stored.typeName().equals("ledger.withdrawn")) {
                throw new IllegalStateException("A withdrawal cannot be decoded");
            }
            return super.deserialize(stored, origin);
        }
    }
}
