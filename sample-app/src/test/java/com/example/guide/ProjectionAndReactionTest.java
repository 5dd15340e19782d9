package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.guide.LibraryEvent.BookAdded;
import com.example.guide.LibraryEvent.BookLent;
import com.example.guide.LibraryEvent.BookReturned;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.ProjectionScenario;
import io.eventcore.test.ReactionScenario;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Projections and reactions, tested without a store and without a runner. */
class ProjectionAndReactionTest {
    private static final StreamId WALDEN = StreamId.of("book-walden");
    private static final StreamId EMMA = StreamId.of("book-emma");

    private final Map<StreamId, String> lent = new TreeMap<>();

    // tag::projection[]
    private final Projection<LibraryEvent> lentBooks = Projection.named("lent-books", LibraryEvent.class)
            .on(
                    BookLent.class,
                    recorded -> lent.put(recorded.streamId(), recorded.event().reader()))
            .on(BookReturned.class, recorded -> lent.remove(recorded.streamId()))
            .build();
    // end::projection[]

    // tag::reaction[]
    private final Reaction<LibraryEvent> waitingList = Reaction.named("waiting-list", LibraryEvent.class)
            .on(BookReturned.class, recorded -> List.of(new LendBook(recorded.streamId(), "Bob")))
            .build();
    // end::reaction[]

    // tag::projection-test[]
    @Test
    void a_book_is_on_the_list_while_it_is_lent() {
        ProjectionScenario.given(
                        new BookAdded(WALDEN, "Walden"),
                        new BookLent(WALDEN, "Ada"),
                        new BookAdded(EMMA, "Emma"),
                        new BookLent(EMMA, "Ada"),
                        new BookReturned(EMMA))
                .appliedTo(lentBooks);

        assertThat(lent).containsOnly(Map.entry(WALDEN, "Ada"));
    }
    // end::projection-test[]

    // tag::again[]
    @Test
    void events_that_come_again_change_nothing() {
        ProjectionScenario events =
                ProjectionScenario.given(new BookAdded(WALDEN, "Walden"), new BookLent(WALDEN, "Ada"));

        events.appliedTo(lentBooks);
        events.appliedTo(lentBooks);

        assertThat(lent).containsOnly(Map.entry(WALDEN, "Ada"));
    }
    // end::again[]

    // tag::reaction-test[]
    @Test
    void a_book_that_comes_back_is_lent_to_who_waits() {
        ReactionScenario.given(new BookAdded(WALDEN, "Walden"), new BookLent(WALDEN, "Ada"), new BookReturned(WALDEN))
                .when(waitingList)
                .then(new LendBook(WALDEN, "Bob"));
    }
    // end::reaction-test[]

    @Test
    void a_reaction_that_answers_an_event_in_two_ways_fails_the_scenario() {
        int[] asked = {0};
        Reaction<LibraryEvent> moody = Reaction.named("moody", LibraryEvent.class)
                .on(BookReturned.class, recorded -> List.of(new LendBook(recorded.streamId(), "reader " + asked[0]++)))
                .build();

        assertThatThrownBy(
                        () -> ReactionScenario.given(new BookReturned(WALDEN)).when(moody))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("must be a function of the event");
    }
}
