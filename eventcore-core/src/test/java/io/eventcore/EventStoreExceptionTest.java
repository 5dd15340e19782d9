package io.eventcore;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.BankEvent.Deposited;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventStoreExceptionTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamWrites WRITES = StreamWrites.to(ADA, exactly(3), new Deposited(ADA, 4_711))
            .withMetadata(EventMetadata.empty().with("actor", "s3cr3t"));

    static List<RuntimeException> examples() {
        return List.of(
                new AppendLimitExceededException("events", 10, 11),
                new AppendOutcomeUnknownException(WRITES, reason()),
                new BoundaryConflictException("\u0001course:c1", StreamVersion.of(3), StreamVersion.of(4)),
                new CommandOutcomeUnknownException("orders/7", reason()),
                new ConflictingExpectedVersionsException(ADA, noStream(), streamExists()),
                new EventDeserializationException(
                        ADA, StreamVersion.of(3), GlobalPosition.of(9), "bank.deposited", "no such type", reason()),
                new EventSerializationException(ADA, "bank.deposited", reason()),
                new EventStoreUnavailableException("The disk is full", reason()),
                new StreamIntegrityException(ADA, StreamVersion.of(2)),
                new SubjectErasedException("ada"),
                new TagsIncompleteException("course"),
                new TransientEventStoreException("A deadlock", reason()),
                new UndeclaredStreamException(ADA),
                new VersionConflictException(ADA, exactly(3), StreamVersion.of(4)),
                new RetriesExhaustedException(
                        "Transfer",
                        5,
                        Duration.ofMillis(70),
                        new VersionConflictException(ADA, exactly(3), StreamVersion.of(4))));
    }

    @Test
    void every_exception_of_the_hierarchy_has_an_example_here() {
        Set<Class<?>> shown = examples().stream().map(Object::getClass).collect(Collectors.toSet());

        assertThat(shown).containsAll(concrete(EventStoreException.class));
    }

    private static List<Class<?>> concrete(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(type.getPermittedSubclasses())
                        .flatMap(below -> concrete(below).stream())
                        .toList()
                : List.of(type);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void an_exception_survives_serialization_with_its_message_and_cause(RuntimeException example) {
        RuntimeException copy = copyOf(example);

        assertThat(copy).hasSameClassAs(example).hasMessage(example.getMessage());
        if (example.getCause() != null) {
            assertThat(copy.getCause()).hasSameClassAs(example.getCause());
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void a_cause_that_was_given_is_kept_and_nothing_of_an_event_is_told(RuntimeException example) {
        for (Throwable link = example; link != null; link = link.getCause()) {
            assertThat(String.valueOf(link)).doesNotContain("4711").doesNotContain("s3cr3t");
        }
    }

    @Test
    void a_cause_is_never_dropped() {
        assertThat(new AppendOutcomeUnknownException(WRITES, reason())).hasCause(reason());
        assertThat(new EventDeserializationException(
                        ADA, StreamVersion.of(1), GlobalPosition.of(1), "type", "problem", reason()))
                .hasCause(reason());
        assertThat(new EventSerializationException(ADA, "type", reason())).hasCause(reason());
        assertThat(new EventStoreUnavailableException("problem", reason())).hasCause(reason());
        assertThat(new TransientEventStoreException("problem", reason())).hasCause(reason());
    }

    @Test
    void a_conflict_tells_stream_expectation_and_truth() {
        VersionConflictException moved = new VersionConflictException(ADA, exactly(3), StreamVersion.of(4));
        VersionConflictException absent = new VersionConflictException(ADA, streamExists(), StreamVersion.NONE);

        assertThat(moved).hasMessage("Stream 'account-ada' is at version 4, expected version 3");
        assertThat(moved.streamId()).isEqualTo(ADA);
        assertThat(moved.expected()).isEqualTo(exactly(3));
        assertThat(moved.actual()).isEqualTo(StreamVersion.of(4));
        assertThat(absent).hasMessage("Stream 'account-ada' does not exist, expected an existing stream");
    }

    @Test
    void the_facts_of_a_conflict_survive_serialization() {
        VersionConflictException copy = copyOf(new VersionConflictException(ADA, exactly(3), StreamVersion.of(4)));

        assertThat(copy.streamId()).isEqualTo(ADA);
        assertThat(copy.expected()).isEqualTo(exactly(3));
        assertThat(copy.actual()).isEqualTo(StreamVersion.of(4));
    }

    @Test
    void an_event_that_cannot_be_read_is_named_by_type_and_place() {
        EventDeserializationException failure = new EventDeserializationException(
                ADA, StreamVersion.of(3), GlobalPosition.of(9), "bank.deposited", "no such type", null);

        assertThat(failure)
                .hasMessage("Event of type 'bank.deposited' at position 9 (stream 'account-ada', version 3)"
                        + " cannot be read: no such type");
        assertThat(failure.streamId()).isEqualTo(ADA);
        assertThat(failure.version()).isEqualTo(StreamVersion.of(3));
        assertThat(failure.position()).isEqualTo(GlobalPosition.of(9));
        assertThat(failure.typeName()).isEqualTo("bank.deposited");
        assertThat(copyOf(failure).position()).isEqualTo(GlobalPosition.of(9));
    }

    @Test
    void an_event_that_cannot_be_written_is_named_by_type_and_stream() {
        EventSerializationException failure = new EventSerializationException(ADA, "bank.deposited", reason());

        assertThat(failure.streamId()).isEqualTo(ADA);
        assertThat(failure.typeName()).isEqualTo("bank.deposited");
        assertThat(failure).hasMessageContaining("bank.deposited").hasMessageContaining("account-ada");
    }

    @Test
    void an_append_of_unknown_outcome_tells_which_ids_to_look_for() {
        AppendOutcomeUnknownException unknown = new AppendOutcomeUnknownException(WRITES, reason());

        assertThat(unknown.writes()).isSameAs(WRITES);
        assertThat(unknown.eventIds()).containsExactly(WRITES.events().get(0).id());
        assertThat(unknown).hasMessageContaining("account-ada");
        assertThatIllegalStateException().isThrownBy(() -> copyOf(unknown).writes());
    }

    @Test
    void a_hole_in_a_stream_names_the_first_version_that_is_missing() {
        StreamIntegrityException hole = new StreamIntegrityException(ADA, StreamVersion.of(2));

        assertThat(hole.streamId()).isEqualTo(ADA);
        assertThat(hole.missing()).isEqualTo(StreamVersion.of(2));
        assertThat(hole).hasMessage("Stream 'account-ada' has lost its event of version 2");
    }

    @Test
    void the_end_of_all_attempts_tells_how_many_there_were_and_why_the_last_one_failed() {
        VersionConflictException last = new VersionConflictException(ADA, exactly(3), StreamVersion.of(4));
        RetriesExhaustedException exhausted = new RetriesExhaustedException("Transfer", 5, Duration.ofMillis(70), last);

        assertThat(exhausted.attempts()).isEqualTo(5);
        assertThat(exhausted.elapsed()).isEqualTo(Duration.ofMillis(70));
        assertThat(exhausted)
                .hasCause(last)
                .hasMessage("Transfer failed in all of 5 attempts within 70 ms, last: " + last.getMessage());
    }

    private static Exception reason() {
        return new IllegalStateException("the reason");
    }

    @SuppressWarnings("unchecked") // It is a copy.
    private static <T> T copyOf(T original) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(original);
        } catch (IOException e) {
            throw new AssertionError(original.getClass() + " cannot be serialized", e);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(original.getClass() + " cannot be deserialized", e);
        }
    }
}
