package com.example.tickets;

import com.example.tickets.ConcertEvent.ConcertAnnounced;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** All concerts in a table, for the page that lists them. */
@Component
class Concerts implements Projection<ConcertEvent> {
    static final String NAME = "concerts";

    private final JdbcClient jdbc;

    Concerts(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void apply(RecordedEvent<ConcertEvent> recorded) {
        if (recorded.event() instanceof ConcertAnnounced announced) {
            jdbc.sql("INSERT INTO concert (id, title, seats, sold) VALUES (?, ?, ?, 0)")
                    .params(announced.concert().value(), announced.title(), announced.seats())
                    .update();
        } else {
            jdbc.sql("UPDATE concert SET sold = sold + 1 WHERE id = ?")
                    .param(recorded.streamId().value())
                    .update();
        }
    }

    @Override
    public void clear() {
        jdbc.sql("DELETE FROM concert").update();
    }

    List<Listed> all() {
        return jdbc.sql("SELECT id, title, seats, sold FROM concert ORDER BY title, id")
                .query((row, number) ->
                        new Listed(StreamId.of(row.getString(1)), row.getString(2), row.getInt(3), row.getInt(4)))
                .list();
    }

    record Listed(StreamId id, String title, int seats, int sold) {}
}
