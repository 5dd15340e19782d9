package io.eventcore.test.library;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.command.CommandExecutor;
import io.eventcore.test.EventCoreTest;
import io.eventcore.test.library.LibraryApplication.LendBook;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

/** In the database that connection details lead to: what {@code @ServiceConnection} makes of a container. */
@EventCoreTest(store = Store.JDBC, properties = "eventcore.jdbc.initialize-schema=always")
class LendBookOnDatabaseTest {
    @Autowired
    private CommandExecutor commands;

    @Autowired
    private JdbcClient jdbc;

    @Test
    void events_are_stored_where_the_connection_details_say() {
        commands.execute(new LendBook(StreamId.of("book-walden"), "Ada"));

        assertThat(jdbc.sql("SELECT database() FROM eventcore_event")
                        .query(String.class)
                        .list())
                .containsExactly("CONTAINER");
    }

    @Test
    void nothing_else_of_the_application_is_there(@Autowired ApplicationContext application) {
        assertThat(application.getBeansOfType(LetterService.class)).isEmpty();
    }

    @TestConfiguration(proxyBeanMethods = false)
    static class Container {
        @Bean
        JdbcConnectionDetails container() {
            return new JdbcConnectionDetails() {
                @Override
                public String getUsername() {
                    return "sa";
                }

                @Override
                public String getPassword() {
                    return "";
                }

                @Override
                public String getJdbcUrl() {
                    return "jdbc:h2:mem:container;DB_CLOSE_DELAY=-1";
                }
            };
        }
    }
}
