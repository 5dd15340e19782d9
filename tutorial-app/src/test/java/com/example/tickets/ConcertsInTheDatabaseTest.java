package com.example.tickets;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.EventCoreTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

// tag::slice[]
@EventCoreTest(store = Store.JDBC, properties = "spring.datasource.url=jdbc:h2:mem:slice")
class ConcertsInTheDatabaseTest {
    // end::slice[]
    @Test
    void events_and_read_model_are_in_one_database(
            @Autowired CommandExecutor commands, @Autowired ProjectionRunner projections, @Autowired JdbcClient jdbc) {
        StreamId concert = StreamId.of("concert-in-the-database");

        ExecutionResult announced = commands.execute(new AnnounceConcert(concert, "Nina", 2));
        projections.awaitPosition(Concerts.NAME, announced.lastPosition(), Duration.ofSeconds(30));

        assertThat(jdbc.sql("SELECT count(*) FROM concert WHERE id = ?")
                        .param(concert.value())
                        .query(Integer.class)
                        .single())
                .isEqualTo(1);
        assertThat(jdbc.sql("SELECT count(*) FROM eventcore_event WHERE type = 'tickets.concert-announced'")
                        .query(Integer.class)
                        .single())
                .isEqualTo(1);
    }
}
