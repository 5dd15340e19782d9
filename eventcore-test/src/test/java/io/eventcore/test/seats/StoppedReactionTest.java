package io.eventcore.test.seats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.EventCoreTest;
import io.eventcore.test.TestClock;
import io.eventcore.test.seats.SeatsApplication.ReleaseSeat;
import io.eventcore.test.seats.SeatsApplication.ReserveSeat;
import io.eventcore.test.seats.SeatsApplication.SeatEvent;
import io.eventcore.test.seats.SeatsApplication.SeatEvent.SeatReserved;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** A clock that is advanced says which reaction executes no deadlines, and why. */
@EventCoreTest
@Import(StoppedReactionTest.Failing.class)
class StoppedReactionTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final AtomicReference<Mode> MODE = new AtomicReference<>(Mode.SOUND);

    enum Mode {
        SOUND,
        FAILS_AT_THE_EVENT,
        FAILS_AT_THE_DEADLINE
    }

    static class Failing {
        @Bean
        Reaction<SeatEvent> warn() {
            return Reaction.named("warn", SeatEvent.class)
                    .on(SeatReserved.class)
                    .at(event -> dueAt(event.recordedAt()))
                    .execute(event -> {
                        if (MODE.get() == Mode.FAILS_AT_THE_DEADLINE) {
                            throw new IllegalStateException("s3cr3t");
                        }
                        return new ReleaseSeat(event.streamId(), event.event().reservation());
                    })
                    .onError(failure -> FailureDecision.FAIL)
                    .build();
        }

        @SuppressWarnings("NullAway") // As a user's mistake does.
        private static Instant dueAt(Instant recordedAt) {
            @Nullable Instant none = null;
            return MODE.get() == Mode.FAILS_AT_THE_EVENT ? none : recordedAt.plus(MINUTE);
        }
    }

    @Autowired
    private CommandExecutor commands;

    @Autowired
    private ProjectionRunner runner;

    @Autowired
    private TestClock clock;

    @AfterEach
    void goOn() {
        MODE.set(Mode.SOUND);
        runner.resume("warn");
        clock.advance(Duration.ZERO);
    }

    private void assertFails(String message) {
        commands.execute(new ReserveSeat(StreamId.of("seat-" + UUID.randomUUID()), UUID.randomUUID()));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> clock.advance(MINUTE))
                .satisfies(failure -> assertThat(failure.getMessage())
                        .matches(message)
                        .doesNotContain("release-unpaid-seats", "s3cr3t"));
    }

    @Test
    void a_reaction_that_has_failed_at_a_deadline_is_named_with_its_failure() {
        MODE.set(Mode.FAILS_AT_THE_DEADLINE);

        assertFails("Reaction 'warn' has stopped, so its deadlines are not executed: java.lang.IllegalStateException at"
                + " position \\d+ \\(type 'seats.reserved'\\); its onError returned FAIL, or threw an exception: fix"
                + " the cause and resume"
                + " the projection, or let onError return SKIP or PARK");
    }

    @Test
    void a_reaction_that_has_failed_at_an_event_is_named_with_its_failure() {
        MODE.set(Mode.FAILS_AT_THE_EVENT);

        assertFails("Reaction 'warn' has stopped, so its deadlines are not executed:"
                + " io.eventcore.reaction.ReactionRuleException at position \\d+ \\(type 'seats.reserved'\\):"
                + " at\\(..\\) returned no time for the event; its onError returned FAIL.*");
    }

    @Test
    void a_reaction_that_is_paused_is_named() {
        runner.pause("warn");

        assertFails("Reaction 'warn' is paused, so its deadlines are not executed: resume it");
    }
}
