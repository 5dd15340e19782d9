package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.command.LedgerEvent.Opened;
import io.eventcore.command.LedgerEvent.Withdrawn;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecisionTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final CommandExecutor executor = CommandExecutor.builder(store)
            .executedCommands(new InMemoryExecutedCommands())
            .clock(Clock.fixed(Instant.ofEpochSecond(7), ZoneOffset.UTC))
            .build();

    @Test
    void a_decision_put_together_from_functions_is_executed_like_a_command() {
        append(new Deposited(ADA, 5));

        // tag::decision[]
        ExecutionResult result = executor.execute(Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((balance, event) -> balance + (event instanceof Deposited deposited ? deposited.cents() : 0))
                .deciding(balance -> List.of(new Withdrawn(ADA, balance))));
        // end::decision[]

        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(2));
        assertThat(store.readStream(ADA, LedgerEvent.class).toList())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(ADA, 5), new Withdrawn(ADA, 5));
    }

    @Test
    void it_discovers_streams_and_sees_the_context() {
        append(new Opened(ADA, BOB.value()));

        ExecutionResult result = executor.execute(
                Decision.over(LedgerEvent.class, ADA)
                        .startingWith(Set.<StreamId>of())
                        .applying((found, event) ->
                                event instanceof Opened opened ? Set.of(StreamId.of(opened.owner())) : found)
                        .discovering(found -> found)
                        .decidingWithContext((found, context) ->
                                List.of(new Deposited(BOB, context.now().getEpochSecond()))),
                CommandContext.empty());

        assertThat(result.versions().keySet()).containsExactlyInAnyOrder(ADA, BOB);
        assertThat(store.readStream(BOB, Deposited.class).toList())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(BOB, 7));
    }

    @Test
    void it_cannot_be_given_an_id_because_functions_cannot_be_compared() {
        Decision<Long, LedgerEvent> decision = Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((balance, event) -> balance)
                .deciding(balance -> List.of());

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() ->
                        executor.execute(decision, CommandContext.empty().withCommandId(CommandId.of("test", "1"))));
    }

    @Test
    void a_decision_over_nothing_is_refused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> executor.execute(Decision.over(LedgerEvent.class)
                        .startingWith(0L)
                        .applying((balance, event) -> balance)
                        .deciding(balance -> List.of())))
                .withMessageContaining("declares no stream");
    }

    private void append(LedgerEvent event) {
        store.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
    }
}
