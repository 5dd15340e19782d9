package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import io.eventcore.serialization.EventTypes;
import java.util.List;

/** The events of the measurements of tags, about as large as a {@link BenchEvent}. */
sealed interface TagEvent extends Event {
    static EventTypes types() {
        return EventTypes.builder()
                .register(TagEvent.class)
                .register(BenchEvent.class)
                .build();
    }

    /**
     * As a deposit, about so many subjects beside its stream. The tags take the place of what the others hold in a note, so
     * that payloads are of about one size.
     */
    @EventType("deposit-tagged")
    record DepositTagged(
            StreamId account,
            long cents,
            String currency,
            String reference,
            String bookedBy,
            @Tag("subject") List<String> subjects)
            implements TagEvent {
        @Override
        public StreamId streamId() {
            return account;
        }

        static DepositTagged of(StreamId account, long cents, List<String> subjects) {
            return new DepositTagged(account, cents, "EUR", "INV-2026-000017", "clerk-17", subjects);
        }
    }

    /** One fact about two subjects, told once: it stands in the student's stream and carries the course's tag. */
    @EventType("subscribed")
    record Subscribed(
            @Tag("student") String student, @Tag("course") String course) implements TagEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("student/" + student);
        }
    }

    /** The course's half of the same fact, where it is told twice. */
    @EventType("seat-taken")
    record SeatTaken(StreamId course, StreamId student) implements TagEvent {
        @Override
        public StreamId streamId() {
            return course;
        }
    }

    /** The student's half. */
    @EventType("course-joined")
    record CourseJoined(StreamId student, StreamId course) implements TagEvent {
        @Override
        public StreamId streamId() {
            return student;
        }
    }
}
