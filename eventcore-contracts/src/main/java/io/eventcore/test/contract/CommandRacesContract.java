package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandId;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.command.ExecutionResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** If several commands have the same id at the same time, one is executed. */
abstract class CommandRacesContract extends ExecutedCommandsFixture {
    @Test
    void a_repetition_that_overtakes_while_the_first_one_reads_wins() {
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 5), WITH_ID))));

        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(overtaking).containsExactly(result);
        assertThat(log()).hasSize(1);
    }

    @Test
    void of_two_at_the_same_time_the_second_waits_and_is_told_the_result_of_the_first() {
        CountDownLatch firstHasTakenTheId = new CountDownLatch(1);
        CountDownLatch secondHasBegun = new CountDownLatch(1);
        beforeAppend.add(() -> {
            firstHasTakenTheId.countDown();
            await(secondHasBegun);
        });

        List<ExecutionResult> results = Race.run(List.of(() -> executor.execute(new Deposit(ADA, 5), WITH_ID), () -> {
            await(firstHasTakenTheId);
            secondHasBegun.countDown();
            return elsewhere.execute(new Deposit(ADA, 5), WITH_ID);
        }));

        assertThat(results.get(1)).isEqualTo(results.get(0));
        assertThat(log()).hasSize(1);
    }

    @Test
    void of_two_commands_that_are_given_one_id_at_the_same_time_one_is_refused() {
        List<Boolean> refused = Race.run(2, number -> {
            try {
                (number == 0 ? executor : elsewhere).execute(new Deposit(number == 0 ? ADA : BOB, 5), WITH_ID);
                return false;
            } catch (CommandIdReusedException e) {
                return true;
            }
        });

        assertThat(refused).containsExactlyInAnyOrder(true, false);
        assertThat(log()).hasSize(1);
    }

    @Test
    void of_many_at_the_same_time_in_two_processes_one_appends() {
        List<ExecutionResult> results =
                Race.run(8, number -> (number % 2 == 0 ? executor : elsewhere).execute(new Deposit(ADA, 5), WITH_ID));

        assertThat(Set.copyOf(results)).hasSize(1);
        assertThat(log()).hasSize(1);
    }

    @Test
    void on_a_stream_that_many_fight_over_each_id_is_executed_once_and_nobody_waits_in_vain() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));
        executor.execute(new Deposit(ADA, 2));

        List<List<ExecutionResult>> results = Race.run(8, number -> {
            List<ExecutionResult> mine = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                CommandId id = CommandId.of("orders", "message-" + i);
                mine.add(executor.execute(
                        new Deposit(ADA, i), CommandContext.empty().withCommandId(id)));
                executor.execute(new Deposit(ADA, 1_000));
            }
            return mine;
        });

        assertThat(Set.copyOf(results)).hasSize(1);
        assertThat(log()).hasSize(2 + 10 + 80);
    }

    @Test
    void after_a_conflict_the_next_attempt_takes_the_id_again() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));

        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(result);
        assertThat(log()).hasSize(2);
    }
}
