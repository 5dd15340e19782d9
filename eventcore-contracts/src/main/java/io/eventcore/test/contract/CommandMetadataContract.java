package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventMetadata;
import io.eventcore.RecordedEvent;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is stored with the events of a command: who, why, and in which conversation. */
abstract class CommandMetadataContract extends CommandFixture {
    @Test
    void what_is_known_about_a_command_is_stored_with_its_events() {
        CommandContext context = CommandContext.empty()
                .withCorrelationId("order-7")
                .withCausationId("message-3")
                .withActor("ada")
                .withTenant("acme")
                .with("region", "north");

        executor.execute(new Deposit(ADA, 1), context);

        EventMetadata stored = log().get(0).metadata();
        assertThat(stored.correlationId()).contains("order-7");
        assertThat(stored.causationId()).contains("message-3");
        assertThat(stored.actor()).contains("ada");
        assertThat(stored.tenant()).contains("acme");
        assertThat(stored.entry("region")).contains("north");
    }

    @Test
    void commands_that_follow_from_an_event_name_it_as_their_cause_and_stay_in_its_conversation() {
        executor.execute(
                new Deposit(ADA, 1),
                CommandContext.empty()
                        .withCorrelationId("order-7")
                        .withActor("ada")
                        .withTenant("acme"));
        RecordedEvent<LedgerEvent> cause = log().get(0);

        CommandContext.causedBy(cause).during(() -> executor.execute(new Deposit(BOB, 1)));
        executor.execute(new Deposit(CAROL, 1));

        EventMetadata followed = log().get(1).metadata();
        assertThat(followed.causationId()).contains(cause.id().toString());
        assertThat(followed.correlationId()).contains("order-7");
        assertThat(followed.tenant()).contains("acme");
        assertThat(followed.actor()).isEmpty();
        assertThat(log().get(2).metadata().isEmpty()).isTrue();
    }

    @Test
    void an_event_without_a_conversation_begins_one_for_what_follows_from_it() {
        deposit(ADA, 1);
        RecordedEvent<LedgerEvent> cause = log().get(0);

        CommandContext.causedBy(cause).during(() -> executor.execute(new Deposit(BOB, 1)));

        assertThat(log().get(1).metadata().correlationId()).contains(cause.id().toString());
    }

    @Test
    void what_the_caller_says_wins_over_what_encloses_it_and_that_over_the_surroundings() {
        CommandExecutor traced = CommandExecutor.builder(store)
                .metadataContributors(List.of(
                        () -> EventMetadata.empty().with("a", "surroundings").with("b", "surroundings"),
                        () -> EventMetadata.empty()
                                .with("a", "last")
                                .with("c", "surroundings")
                                .with("d", "last")))
                .build();
        CommandContext outer = CommandContext.empty().with("b", "outer").with("c", "outer");
        CommandContext inner = CommandContext.empty().with("c", "inner");

        outer.during(() -> inner.during(() -> traced.execute(new Deposit(ADA, 1))));
        outer.during(
                () -> traced.execute(new Deposit(ADA, 1), CommandContext.empty().with("b", "caller")));

        assertThat(log().get(0).metadata().entries())
                .containsEntry("a", "surroundings")
                .containsEntry("b", "outer")
                .containsEntry("c", "inner")
                .containsEntry("d", "last");
        assertThat(log().get(1).metadata().entries())
                .containsEntry("a", "surroundings")
                .containsEntry("b", "caller")
                .containsEntry("c", "outer");
    }

    @Test
    void a_scope_ends_with_its_action_also_when_that_fails() {
        CommandContext scope = CommandContext.empty().withActor("ada");

        assertThatExceptionOfType(Overdrawn.class)
                .isThrownBy(() -> scope.during(() -> executor.execute(new Transfer(ADA, BOB, 1))));
        executor.execute(new Deposit(ADA, 1));

        assertThat(log().get(0).metadata().isEmpty()).isTrue();
    }
}
