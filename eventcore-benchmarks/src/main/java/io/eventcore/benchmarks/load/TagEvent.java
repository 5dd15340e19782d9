package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import io.eventcore.serialization.EventTypes;
import java.util.List;

/** The events for measuring tags, about as large as a {@link BenchEvent}. */
sealed interface TagEvent extends Event {
    static EventTypes types() {
        return EventTypes.builder()
                .register(TagEvent.class)
                .register(BenchEvent.class)
                .build();
    }

    /**
     * Like a deposit, but about any number of subjects besides its stream. The tags replace the note of other deposits,
     * so that payloads have about the same size.
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

    /**
     * One fact about two subjects, recorded once: the event is in the student's stream and carries the course's tag.
     */
    @EventType("subscribed")
    record Subscribed(
            @Tag("student") String student, @Tag("course") String course) implements TagEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("student/" + student);
        }
    }

    /** The course's half of the same fact, if two events record it. */
    @EventType("seat-taken")
    record SeatTaken(StreamId course, StreamId student) implements TagEvent {
        @Override
        public StreamId streamId() {
            return course;
        }
    }

    /** The student's half of the same fact. */
    @EventType("course-joined")
    record CourseJoined(StreamId student, StreamId course) implements TagEvent {
        @Override
        public StreamId streamId() {
            return student;
        }
    }
}
