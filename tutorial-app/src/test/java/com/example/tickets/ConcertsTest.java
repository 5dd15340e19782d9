package com.example.tickets;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.EventCoreTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@EventCoreTest
class ConcertsTest {
    @Autowired
    private CommandExecutor commands;

    @Autowired
    private ProjectionRunner projections;

    @Autowired
    private Concerts concerts;

    @Test
    void the_list_tells_how_many_tickets_are_sold() {
        StreamId concert = StreamId.of("concert-of-the-list");
        commands.execute(new AnnounceConcert(concert, "Nina", 2));

        ExecutionResult sold = commands.execute(new SellTicket(concert, "Ada"));

        assertThat(projections.awaitPosition(Concerts.NAME, sold.lastPosition(), Duration.ofSeconds(30)))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(concerts.all()).contains(new Concerts.Listed(concert, "Nina", 2, 1));
    }
}
