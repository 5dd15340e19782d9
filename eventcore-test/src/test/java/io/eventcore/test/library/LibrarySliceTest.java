package io.eventcore.test.library;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.test.EventCoreTest;
import io.eventcore.test.library.LibraryApplication.LendBook;
import io.eventcore.test.library.LibraryApplication.LibraryEvent;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;

/** What is in the slice and what is not. */
@EventCoreTest
class LibrarySliceTest {
    @Autowired
    private CommandExecutor commands;

    @Autowired
    private ApplicationContext application;

    @Autowired
    private EventStore store;

    @Test
    void nothing_is_there_that_has_nothing_to_do_with_events() {
        assertThat(store).isInstanceOf(InMemoryEventStore.class);
        assertThat(application.getBeansOfType(LetterService.class)).isEmpty();
        assertThat(application.getBean(DataSource.class))
                .as("for read models, because H2 is on the class path")
                .isInstanceOf(EmbeddedDatabase.class);
    }

    @Test
    void what_adds_to_events_is_found() {
        StreamId emma = StreamId.of("book-emma");

        commands.execute(new LendBook(emma, "Ada"));

        assertThat(store.readStream(emma, LibraryEvent.class).toList())
                .extracting(RecordedEvent::metadata)
                .allSatisfy(metadata -> assertThat(metadata.entry("branch")).contains("north"));
    }
}
