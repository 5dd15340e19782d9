package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The tagged events of the contracts. A store under test knows them through {@link LedgerEvent#types()}.
 *
 * @since 0.1
 */
public sealed interface SchoolEvent extends Event {
    /** Students can subscribe to a course. */
    @EventType("school.course-opened")
    record CourseOpened(@Tag String course, int capacity) implements SchoolEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("course/" + course);
        }
    }

    /** A course has a new title. */
    @EventType("school.course-renamed")
    record CourseRenamed(@Tag String course, String title) implements SchoolEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("course/" + course);
        }
    }

    /** A student takes a seat of a course. */
    @EventType("school.subscribed")
    record Subscribed(@Tag String student, @Tag String course) implements SchoolEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("student/" + student);
        }
    }

    /** Something about any subjects, kept in a stream of its own. */
    @EventType("school.noted")
    record Noted(String home, Set<String> subjects, long number) implements SchoolEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("notes/" + home);
        }

        @Override
        public Set<EventTag> eventTags() {
            return tagsOf(subjects);
        }
    }

    /** Like {@link Noted}, with another type. */
    @EventType("school.revised")
    record Revised(String home, Set<String> subjects, long number) implements SchoolEvent {
        @Override
        public StreamId streamId() {
            return StreamId.of("notes/" + home);
        }

        @Override
        public Set<EventTag> eventTags() {
            return tagsOf(subjects);
        }
    }

    private static Set<EventTag> tagsOf(Set<String> subjects) {
        return new TreeSet<>(subjects)
                .stream().map(subject -> EventTag.of("subject", subject)).collect(Collectors.toSet());
    }
}
