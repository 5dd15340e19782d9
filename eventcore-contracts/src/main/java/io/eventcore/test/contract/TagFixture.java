package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.ConflictException;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.CourseRenamed;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about tags: an empty store, a second one over the same events, and a school. */
abstract class TagFixture {
    EventStore store;
    EventStore other;
    TransactionTemplate transaction;

    /** The contract that makes the store. */
    abstract TagContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        other = contract().anotherStore(store);
        transaction = new TransactionTemplate(contract().transactionManager());
    }

    static CourseOpened opened(String course) {
        return new CourseOpened(course, 10);
    }

    static CourseRenamed renamed(String course) {
        return new CourseRenamed(course, "another title");
    }

    static Subscribed subscribed(String student, String course) {
        return new Subscribed(student, course);
    }

    static Noted noted(String home, String... subjects) {
        return new Noted(home, Set.of(subjects), 0);
    }

    static EventQuery course(String course) {
        return EventQuery.tagged("course", course);
    }

    static EventQuery student(String student) {
        return EventQuery.tagged("student", student);
    }

    static EventQuery subject(String subject) {
        return EventQuery.tagged("subject", subject);
    }

    EventStreamSlice append(SchoolEvent... events) {
        return store.appendEvents(writes(events));
    }

    /** Writes each event to its home stream, at any version. */
    static StreamWrites writes(SchoolEvent... events) {
        StreamWrites writes = StreamWrites.empty();
        for (SchoolEvent event : events) {
            writes = writes.registerStream(event.streamId(), any()).append(event);
        }
        return writes;
    }

    Boundary boundary(EventQuery query) {
        return store.readEvents(query, SchoolEvent.class).boundary();
    }

    List<SchoolEvent> found(EventQuery query) {
        return store.readEvents(query, SchoolEvent.class).stream()
                .map(RecordedEvent::event)
                .toList();
    }

    static boolean succeeds(EventStore through, StreamWrites writes) {
        try {
            through.appendEvents(writes);
            return true;
        } catch (ConflictException conflict) {
            return false;
        }
    }

    void assertAccepted(Boundary boundary, SchoolEvent... events) {
        assertThat(store.appendEvents(writes(events).restingOn(boundary)).events())
                .hasSize(events.length);
    }

    void assertRefused(Boundary boundary, SchoolEvent... events) {
        StreamWrites writes = writes(events).restingOn(boundary);
        assertThat(succeeds(store, writes)).as("%s was to be refused", writes).isFalse();
    }

    /** For every tag of these events, the row counts the events that carry it: exactly those that a reader finds. */
    void assertCounted(EventQuery query, int expected) {
        Boundary boundary = boundary(query);
        assertThat(found(query)).hasSize(expected);
        boundary.guards().forEach(guard -> assertThat(guard.seen().version()).isEqualTo(expected));
    }
}
