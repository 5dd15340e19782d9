package io.eventcore.internal;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The combiner in many orders of its threads' steps, chosen by a model checker; broken ones are found out. */
@Tag("faults")
class CombinerSchedulesTest {
    /** In how many orders each scenario is run. The broken combiners show that so many are enough. */
    private static final int ORDERS = 100;

    @TempDir
    private Path folder;

    @Test
    void in_any_order_each_request_is_answered_as_if_it_ran_alone() throws Exception {
        CombinerSchedules.check(CombinerSchedules.class, ORDERS);
    }

    @Test
    void one_that_is_compiled_anew_and_not_broken_is_not_caught() throws Exception {
        String same = "    private static final int OWN_FRAMES = 50;\n";

        CombinerSchedules.check(BrokenCombiner.with(same, same, folder).operations(), ORDERS);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_combiner_is_caught(String name, String correct, String broken) throws Exception {
        Class<?> operations = BrokenCombiner.with(correct, broken, folder).operations();

        assertThatExceptionOfType(LincheckAssertionError.class)
                .isThrownBy(() -> CombinerSchedules.check(operations, ORDERS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("carelessMutants")
    void a_careless_combiner_is_caught(String name, String correct, String broken, String row) throws Exception {
        Class<?> test = BrokenCombiner.with(correct, broken, folder).test();
        Constructor<?> fresh = test.getDeclaredConstructor();
        fresh.setAccessible(true);
        Method method = test.getDeclaredMethod(row);
        method.setAccessible(true);

        assertThatExceptionOfType(InvocationTargetException.class)
                .isThrownBy(() -> method.invoke(fresh.newInstance()))
                .withCauseInstanceOf(AssertionError.class);
    }

    private static Stream<Arguments> carelessMutants() {
        return Stream.of(
                arguments(
                        "lets an interruption reach the group",
                        "boolean interrupted = Thread.interrupted();",
                        "boolean interrupted = false;",
                        "a_thread_that_is_interrupted_already_carries_its_group_out_with_its_flag_cleared"),
                arguments(
                        "forgets an interruption",
                        "interrupted = !(interruptibly && withdraw(request));",
                        "interrupted = interruptibly && !withdraw(request);",
                        "an_interruption_is_kept_for_later_where_the_caller_wants_that"));
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments("does not wake the next leader", "            wake(next);\n", ""),
                arguments(
                        "leaves the members behind when the leader dies",
                        "                member.state = State.UNANSWERED;\n",
                        ""),
                arguments(
                        "appoints no next leader",
                        "                next = appoint();\n            }\n        } finally {",
                        "            }\n        } finally {"),
                arguments(
                        "gives answers to the wrong members",
                        "member.answer(answers.get(next));",
                        "member.answer(answers.get(answers.size() - 1 - next));"),
                arguments(
                        "keeps its place when it is done",
                        "            underWay--;\n            // Whatever",
                        "            // Whatever"),
                arguments("does not count the groups under way", "            underWay++;\n", ""),
                arguments(
                        "appoints no leader when it is asked to",
                        "        lock.lock();\n        try {\n            leader = appoint();\n        }",
                        "        lock.lock();\n        try {\n        }"),
                arguments(
                        "does not wake the leader that it was asked for",
                        "            leader = appoint();\n        } finally {\n            lock.unlock();\n        }\n        wake(leader);\n    }\n\n    private void enter",
                        "            leader = appoint();\n        } finally {\n            lock.unlock();\n        }\n    }\n\n    private void enter"));
    }
}
