package io.eventcore.test.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.PlatformTransactionManager;

/** What is promised about streams that are known is caught where it is not so: the library's source, changed in one place. */
@Tag("faults")
class WarmStreamMutantsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}: {4}")
    @MethodSource("mutants")
    void broken_knowledge_is_caught(String name, String changed, String correct, String broken, String row)
            throws Exception {
        MutatedCore.with("command." + changed, correct, broken, folder).assertFails(Mutated.class, row);
    }

    @ParameterizedTest(name = "{0}: {4}")
    @MethodSource("personalMutants")
    void personal_data_that_is_kept_is_caught(String name, String changed, String correct, String broken, String row)
            throws Exception {
        MutatedCore.with("command." + changed, correct, broken, folder)
                .assertFails(PersonalDataContractCanFailTest.Mutated.class, row);
    }

    private static Stream<Arguments> mutants() {
        String releases = "return sent || guessed.isEmpty() ? Optional.empty() : unlessConfirmed(wayOut);";
        String joins = "store.internals().joinsCallersTransaction()";
        return Stream.of(
                arguments(
                        "releases a refusal from memory",
                        "WarmAttempt",
                        releases,
                        "return Optional.empty();",
                        "a_refusal_that_rests_on_an_outdated_stream_is_never_released"),
                arguments(
                        "releases a refusal from memory",
                        "WarmAttempt",
                        releases,
                        "return Optional.empty();",
                        "a_refusal_that_cannot_be_confirmed_is_not_released"),
                arguments(
                        "releases errors from memory",
                        "WarmAttempt",
                        releases,
                        "return sent || guessed.isEmpty() || wayOut instanceof Error ? Optional.empty()"
                                + " : unlessConfirmed(wayOut);",
                        "an_error_in_a_command_is_confirmed_as_well"),
                arguments(
                        "takes any answer for a yes",
                        "WarmAttempt",
                        "if (look.isUnchanged()) {",
                        "if (look.covers(guessed.keySet())) {",
                        "the_store_is_asked_after_the_decision"),
                arguments(
                        "does not append what is no event",
                        "WarmAttempt",
                        "EventStreamSlice slice = store.appendEvents(writes);",
                        "EventStreamSlice slice = writes.events().isEmpty()"
                                + " ? EventStreamSlice.empty() : store.appendEvents(writes);",
                        "that_nothing_happens_is_confirmed_by_the_store"),
                arguments(
                        "knows what transactions do",
                        "WarmAttempt",
                        joins,
                        "false",
                        "in_a_transaction_of_the_caller_streams_are_read_and_its_own_appends_are_seen"),
                arguments(
                        "knows what transactions do",
                        "WarmAttempt",
                        joins,
                        "false",
                        "what_was_rolled_back_is_not_known"),
                arguments(
                        "knows what transactions do",
                        "WarmAttempt",
                        joins,
                        "false",
                        "what_was_read_in_a_transaction_that_is_rolled_back_is_not_known"),
                arguments(
                        "does not look for a transaction before the append",
                        "WarmAttempt",
                        "if (!plain && " + joins + ") {",
                        "if (false) {",
                        "what_a_transaction_appends_that_was_begun_during_the_decision_is_not_known"),
                arguments(
                        "reads everything after a conflict",
                        "StreamLook",
                        "Math.max(0, sizeOf(known, id) - 1L)",
                        "0L",
                        "after_a_refused_guess_only_what_is_new_is_read_and_it_is_no_attempt"),
                arguments(
                        "counts a refused guess as an attempt",
                        "WarmAttempt",
                        "return Optional.of(reading());\n        }\n        if (failure",
                        "return Optional.empty();\n        }\n        if (failure",
                        "after_a_refused_guess_only_what_is_new_is_read_and_it_is_no_attempt"),
                arguments(
                        "trusts every stream",
                        "GuessRecord",
                        "return unchanged >= LOOKS << failures;",
                        "return true;",
                        "a_stream_that_others_write_to_is_read_first"),
                arguments(
                        "trusts no stream again",
                        "GuessRecord",
                        "return unchanged >= LOOKS << failures;",
                        "return false;",
                        "a_stream_that_was_left_alone_for_long_enough_is_trusted_again"),
                arguments(
                        "judges each stream by itself",
                        "KnownStreams",
                        "boolean doubtful = changed > DOUBTFUL;",
                        "boolean doubtful = false;",
                        "streams_of_which_nothing_is_known_are_read_first_where_most_are_written_by_others"),
                arguments(
                        "puts one stream behind the other",
                        "StreamLook",
                        "if (streams > 1) {",
                        "if (streams < 0) {",
                        "events_of_several_streams_are_folded_in_the_order_of_the_log"),
                arguments(
                        "never goes on without a read",
                        "WarmAttempt",
                        "known.log().isSure()",
                        "false",
                        "a_command_on_a_stream_that_was_read_needs_no_read"),
                arguments(
                        "learns nothing from appends",
                        "WarmAttempt",
                        "known.learn(id, now, generation);",
                        "",
                        "a_command_on_streams_that_other_commands_have_begun_needs_no_read"),
                arguments(
                        "does not doubt after a failure",
                        "SureLog",
                        "doubts.incrementAndGet();",
                        "",
                        "after_a_failure_of_the_store_streams_are_looked_at_first"));
    }

    private static Stream<Arguments> personalMutants() {
        return Stream.of(arguments(
                "keeps personal data as it was before it was sealed",
                "WarmAttempt",
                "if (event.holdsPersonalData()) {",
                "if (false) {",
                "no_executor_remembers_what_is_erased"));
    }

    static class Mutated extends CommandContract {
        @Override
        protected EventStore emptyStore() {
            return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
