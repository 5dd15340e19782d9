package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.BankEvent.Deposited;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandContextTest {
    private static final StreamId A = StreamId.of("a");
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    /** Deposits as many cents as seconds have passed since noon. */
    record DepositSeconds(@Stream StreamId account, List<CommandContext> seen) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }

        @Override
        public List<BankEvent> handle(Long count, CommandContext context) {
            seen.add(context);
            return List.of(new Deposited(account, context.now().getEpochSecond() - NOON.getEpochSecond()));
        }
    }

    private final ScriptedStore store = new ScriptedStore();
    private final CommandExecutor executor = CommandExecutor.builder(store)
            .clock(Clock.fixed(NOON.plusSeconds(5), ZoneOffset.UTC))
            .pause(delay -> true)
            .build();

    @Test
    void the_metadata_of_the_caller_reaches_every_event() {
        CommandContext context = CommandContext.empty()
                .withCorrelationId("conversation")
                .withCausationId("cause")
                .with("actor", "ada");

        executor.execute(new DepositSeconds(A, new ArrayList<>()), context);

        RecordedEvent<BankEvent> stored =
                store.readStream(A, BankEvent.class).toList().get(0);
        assertThat(stored.metadata()).isEqualTo(context.metadata());
        assertThat(stored.metadata().correlationId()).contains("conversation");
        assertThat(stored.metadata().causationId()).contains("cause");
        assertThat(stored.metadata().entry("actor")).contains("ada");
    }

    @Test
    void the_decision_sees_the_time_of_its_attempt_and_the_metadata() {
        List<CommandContext> seen = new ArrayList<>();

        executor.execute(
                new DepositSeconds(A, seen), CommandContext.at(Instant.EPOCH).with("actor", "ada"));

        assertThat(seen).hasSize(1);
        assertThat(seen.get(0).now()).isEqualTo(NOON.plusSeconds(5));
        assertThat(seen.get(0).metadata().entry("actor")).contains("ada");
        assertThat(store.eventsOf(A)).containsExactly(new Deposited(A, 5));
    }

    @Test
    void each_attempt_has_a_time_of_its_own() {
        store.losingRaces(1, A);
        List<CommandContext> seen = new ArrayList<>();
        List<Instant> ticks = new ArrayList<>(List.of(NOON.plusSeconds(1), NOON.plusSeconds(2)));
        Clock ticking = new Clock() {
            @Override
            public Instant instant() {
                return ticks.remove(0);
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        };

        CommandExecutor.builder(store)
                .clock(ticking)
                .pause(delay -> true)
                .build()
                .execute(new DepositSeconds(A, seen));

        assertThat(seen).extracting(CommandContext::now).containsExactly(NOON.plusSeconds(1), NOON.plusSeconds(2));
    }

    @Test
    void without_a_context_nothing_is_stored_beside_the_event() {
        executor.execute(new DepositSeconds(A, new ArrayList<>()));

        assertThat(store.readStream(A, BankEvent.class).toList().get(0).metadata())
                .isEqualTo(EventMetadata.empty());
    }
}
