package io.eventcore.test.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.EventCoreTest;
import io.eventcore.test.library.LibraryApplication.LendBook;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

// tag::slice[]
@EventCoreTest
class LendBookTest {
    @Autowired
    private CommandExecutor commands;

    @Autowired
    private ProjectionRunner projections;

    @Autowired
    private LentBooks lentBooks;

    @Test
    void a_book_that_is_lent_is_on_the_list_and_cannot_be_lent_again() {
        StreamId walden = StreamId.of("book-walden");

        ExecutionResult lent = commands.execute(new LendBook(walden, "Ada"));

        assertThat(projections.awaitPosition("lent-books", lent.slice().lastPosition(), Duration.ofMinutes(1)))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(lentBooks.holds(walden)).isTrue();
        assertThatThrownBy(() -> commands.execute(new LendBook(walden, "Bob")))
                .isInstanceOf(BusinessRuleViolationException.class);
    }
}
// end::slice[]
