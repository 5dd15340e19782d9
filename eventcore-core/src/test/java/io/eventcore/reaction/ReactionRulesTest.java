package io.eventcore.reaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.internal.RedactedException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks a rule of a reaction is told in words by status and log, which quote no event. */
@SuppressWarnings("NullAway") // Functions of users may give null.
class ReactionRulesTest {
    private static final StreamId SEAT = StreamId.of("seat-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @EventType("seat.reserved")
    record Reserved(StreamId streamId, List<String> orders) implements Event {
        @Override
        public Set<EventTag> eventTags() {
            return orders.stream().map(order -> EventTag.of("order", order)).collect(Collectors.toSet());
        }
    }

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Reserved.class)));
    private final AtomicReference<Throwable> cause = new AtomicReference<>();
    private final List<ProjectionRunner> runners = new ArrayList<>();

    @AfterEach
    void stop() {
        runners.forEach(ProjectionRunner::stop);
    }

    private static DeadlineBuilder<Event, Reserved> deadline() {
        return Reaction.named("release", Event.class).on(Reserved.class);
    }

    private String failureOf(UnaryOperator<DeadlineBuilder<Event, Reserved>> how) {
        return failureOf(how.apply(deadline()).onError(this::fail).build());
    }

    private FailureDecision fail(FailureContext failure) {
        cause.set(failure.cause());
        return FailureDecision.FAIL;
    }

    private String failureOf(Reaction<Event> reaction) {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(new InMemoryExecutedCommands())
                .build();
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .projection(Reaction.asProjection(reaction, executor))
                .build();
        runners.add(runner);
        runner.start();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (part(runner).state() != ProjectionState.FAILED) {
            assertThat(System.nanoTime() - end).as("time left").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
        return part(runner).lastFailure();
    }

    private static ProjectionStatus.Partition part(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0);
    }

    private void append(String... orders) {
        events.appendEvents(StreamWrites.to(SEAT, ExpectedVersion.any(), new Reserved(SEAT, List.of(orders))));
    }

    private static String told(String rule) {
        return "io.eventcore.reaction.ReactionRuleException at position 1 (type 'seat.reserved'): " + rule + "; ";
    }

    @Test
    void a_time_that_is_null_is_told() {
        append();
        assertThat(failureOf(how -> how.at(event -> null).executeAll(event -> List.of())))
                .startsWith(told("at(..) returned no time for the event"));
        assertThat(RedactedException.of(cause.get(), ""))
                .as("as the log shows it")
                .hasMessage("io.eventcore.reaction.ReactionRuleException: at(..) returned no time for the event");
    }

    @Test
    void a_time_that_no_store_keeps_is_told() {
        append();
        assertThat(failureOf(how -> how.at(event -> Instant.MAX).executeAll(event -> List.of())))
                .startsWith(told("at(..) returned a time after the year 9999 for the event"));
    }

    @Test
    void a_tag_that_is_missing_is_told() {
        append();
        assertThat(failureOf(how -> how.after(Duration.ZERO).sameTag("order").executeAll(event -> List.of())))
                .startsWith(told("the event has no tag named 'order', and sameTag(..) needs one"));
    }

    @Test
    void two_tags_of_one_name_are_told_and_not_quoted() {
        append("s3cr3t", "4711");
        assertThat(failureOf(how -> how.after(Duration.ZERO).sameTag("order").executeAll(event -> List.of())))
                .startsWith(told("the event has 2 tags named 'order', and sameTag(..) needs one"))
                .doesNotContain("s3cr3t");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_key_that_is_null_or_empty_is_told(boolean empty) {
        append();
        assertThat(failureOf(how -> how.after(Duration.ZERO)
                        .correlatedBy(event -> empty ? "" : null)
                        .executeAll(event -> List.of())))
                .startsWith(told("correlatedBy(..) returned no key for the event, or an empty one"));
    }

    @Test
    void a_command_that_is_null_is_told() {
        append();
        assertThat(failureOf(how -> how.after(Duration.ZERO).execute(event -> null)))
                .startsWith(told("execute(..) returned no command for the event; executeAll(..) may return List.of()"));
    }

    @Test
    void an_answer_that_is_null_or_holds_null_is_told() {
        append();
        assertThat(failureOf(how -> how.after(Duration.ZERO).executeAll(event -> null)))
                .startsWith(told("the answer to the event is null; return List.of() for no commands"));
        assertThat(failureOf(how ->
                        how.after(Duration.ZERO).executeAll(event -> Collections.<Command<?, ?>>nCopies(2, null))))
                .startsWith(told("the answer to the event contains a null command"));
        assertThat(failureOf(Reaction.named("release", Event.class)
                        .on(Reserved.class, event -> null)
                        .onError(this::fail)
                        .build()))
                .startsWith(told("the answer to the event is null; return List.of() for no commands"));
    }

    @Test
    void what_a_function_throws_is_told_by_its_type_alone() {
        append();
        assertThat(failureOf(how -> how.at(event -> {
                            throw new IllegalStateException("s3cr3t");
                        })
                        .executeAll(event -> List.of())))
                .startsWith("java.lang.IllegalStateException at position 1 (type 'seat.reserved'); ")
                .doesNotContain("s3cr3t");
    }
}
