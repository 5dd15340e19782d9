package io.eventcore.test.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is promised about personal data is caught where it is not so: the library's source, changed in one place. */
@Tag("faults")
class PersonalDataMutantsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void broken_protection_is_caught(String name, String changed, String correct, String broken, String row)
            throws Exception {
        MutatedCore.with(changed, correct, broken, folder)
                .assertFails(PersonalDataContractCanFailTest.Mutated.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "no associated data",
                        "personaldata.SealedPayload",
                        "cipher.updateAAD(context);",
                        "",
                        "a_value_that_is_moved_is_told_and_never_read"),
                arguments(
                        "associated data without the event",
                        "personaldata.SealedPayload",
                        "context(eventId, ",
                        "context(key.id(), ",
                        "a_value_that_is_moved_is_told_and_never_read"),
                arguments(
                        "snapshot kept",
                        "command.CommandSnapshot",
                        "if (basis.holdsPersonalData()) {",
                        "if (basis.folded() < 0) {",
                        "no_snapshot_keeps_what_is_erased"),
                arguments(
                        "personal data not noticed",
                        "command.DecisionBasis",
                        "personal |= event.holdsPersonalData();",
                        "",
                        "no_snapshot_keeps_what_is_erased"),
                arguments(
                        "cache without a bound of its keys",
                        "personaldata.KeyCache",
                        "if (surplus > 0) {",
                        "if (surplus > 1_000_000) {",
                        "no_more_keys_are_kept_than_may_be"),
                arguments(
                        "cache without a bound of their time",
                        "personaldata.KeyCache",
                        "entry.goodUntil - begin > 0",
                        "lifeNanos > 0",
                        "under_load_nothing_of_an_erased_subject_is_served_after_the_stated_delay"),
                arguments(
                        "cache that an erasure does not reach",
                        "personaldata.KeyCache",
                        "entries.values().removeIf(entry -> entry.key.subjectHash().equals(subjectHash));",
                        "",
                        "what_is_erased_reads_as_a_placeholder_by_every_way_and_other_subjects_of_the_event_do_not"));
    }
}
