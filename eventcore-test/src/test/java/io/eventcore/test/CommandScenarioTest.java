package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandContext;
import io.eventcore.test.wellformed.Tickets.Look;
import io.eventcore.test.wellformed.Tickets.Sell;
import io.eventcore.test.wellformed.Tickets.TicketEvent.Sold;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CommandScenarioTest {
    private static final StreamId TICKET = StreamId.of("ticket-7");
    private static final Sold SOLD = new Sold(TICKET, 1_000);

    // tag::scenario[]
    @Test
    void a_ticket_is_sold_once() {
        CommandScenario.givenNothing()
                .at(Instant.ofEpochSecond(1_000))
                .when(new Sell(TICKET))
                .then(new Sold(TICKET, 1_000));

        CommandScenario.given(new Sold(TICKET, 1_000))
                .when(new Sell(TICKET))
                .thenRejected(BusinessRuleViolationException.class)
                .hasMessage("is sold");
    }
    // end::scenario[]

    @Test
    void nothing_may_happen() {
        CommandScenario.given(SOLD).when(new Look(TICKET)).thenUnchanged();
    }

    @Test
    void the_context_is_stored() {
        assertThat(CommandScenario.givenNothing()
                        .at(Instant.ofEpochSecond(1_000))
                        .when(new Sell(TICKET), CommandContext.empty().withActor("ada"))
                        .then(SOLD)
                        .get(0)
                        .metadata()
                        .actor())
                .contains("ada");
    }

    @Test
    void every_other_outcome_fails_the_test() {
        CommandScenario.Outcome sold = CommandScenario.givenNothing().when(new Sell(TICKET));
        CommandScenario.Outcome refused = CommandScenario.given(SOLD).when(new Sell(TICKET));

        assertThatExceptionOfType(AssertionError.class).isThrownBy(sold::thenUnchanged);
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> sold.then(SOLD));
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> sold.thenRejected(RuntimeException.class));
        assertThatExceptionOfType(AssertionError.class).isThrownBy(refused::thenUnchanged);
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> refused.then(SOLD));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> refused.thenRejected(IllegalStateException.class));
    }
}
