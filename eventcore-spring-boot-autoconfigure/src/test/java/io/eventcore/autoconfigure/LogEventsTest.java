package io.eventcore.autoconfigure;

import static io.eventcore.autoconfigure.ViewsOverHttp.positions;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.ViewsOverHttp.On;
import io.eventcore.autoconfigure.notes.NoteStruck;
import io.eventcore.autoconfigure.notes.NoteTaken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The view of the log. */
class LogEventsTest {
    private static final StreamId NOTES = StreamId.of("notes-1");

    @ParameterizedTest
    @EnumSource(On.class)
    void the_newest_come_first_and_each_comes_once(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store)) {
            List<Long> notes = application.takeNotes(NOTES, 130);
            long last = notes.get(129);

            JsonNode first = application.view("log/events");
            assertThat(first.at("/lastPosition").asLong()).isEqualTo(last);
            assertThat(positions(first.at("/events"))).hasSize(50).startsWith(last, notes.get(128));
            assertThat(first.at("/events/0/type").asString()).isEqualTo("note-taken");
            assertThat(first.at("/events/0/version").asLong()).isEqualTo(130);
            assertThat(first.at("/events/0/recordedAt").asString()).isNotEmpty();

            List<Long> all = new ArrayList<>();
            String before = "";
            do {
                JsonNode page = application.view("log/events?limit=40" + before);
                all.addAll(positions(page.at("/events")));
                before = page.at("/more").isNumber()
                        ? "&before=" + page.at("/more").asLong()
                        : "";
            } while (!before.isEmpty());
            Collections.reverse(all);
            assertThat(all).isEqualTo(notes);
        }
    }

    @ParameterizedTest
    @EnumSource(On.class)
    void a_tail_goes_on_where_it_was_told_to(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store)) {
            List<Long> notes = application.takeNotes(NOTES, 3);
            long last = notes.get(2);

            JsonNode caughtUp = application.view("log/events?after=" + last);
            assertThat(positions(caughtUp.at("/events"))).isEmpty();
            assertThat(caughtUp.at("/next").asLong()).isEqualTo(last);

            List<Long> struck = application.append(NOTES, EventMetadata.empty(), new NoteStruck(NOTES, "wrong"));
            List<Long> more = application.takeNotes(NOTES, 2);
            JsonNode tail = application.view("log/events?type=note-struck&after=" + last);
            assertThat(positions(tail.at("/events"))).isEqualTo(struck);
            assertThat(tail.at("/next").asLong()).isEqualTo(more.get(1));
            assertThat(positions(application
                            .view("log/events?limit=2&after=" + notes.get(0))
                            .at("/events")))
                    .isEqualTo(notes.subList(1, 3));
        }
    }

    @ParameterizedTest
    @EnumSource(On.class)
    void it_is_narrowed_by_prefix_type_time_and_correlation(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, ViewsOverHttp.ALL_SHOWN)) {
            StreamId other = StreamId.of("other-1");
            long one = application
                    .append(NOTES, EventMetadata.empty().withCorrelationId("talk"), new NoteTaken(NOTES, "a"))
                    .get(0);
            long two = application
                    .append(other, EventMetadata.empty(), new NoteTaken(other, "b"))
                    .get(0);
            long three = application
                    .append(other, EventMetadata.empty().withCorrelationId("talk"), new NoteStruck(other, "c"))
                    .get(0);

            JsonNode all = application.view("log/events").at("/events");
            assertThat(positions(application.view("log/events?prefix=other-").at("/events")))
                    .containsExactly(three, two);
            assertThat(positions(application.view("log/events?type=note-taken").at("/events")))
                    .containsExactly(two, one);
            assertThat(positions(application.view("log/events?correlation=talk").at("/events")))
                    .containsExactly(three, one);
            assertThat(all.at("/0/stream").asString()).isEqualTo("other-1");
            assertThat(all.at("/0/prefix").asString()).isEqualTo("other-");
            assertThat(all.at("/0/correlation").asString()).isEqualTo("talk");
            assertThat(positions(application
                            .view("log/events?until=" + all.at("/1/recordedAt").asString())
                            .at("/events")))
                    .doesNotContain(two, three);
            assertThat(positions(application
                            .view("log/events?since=" + all.at("/0/recordedAt").asString())
                            .at("/events")))
                    .contains(three)
                    .doesNotContain(one);
        }
    }

    @Test
    void what_a_request_must_follow_is_told_without_its_value() throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(On.MEMORY)) {
            application.assertRefused("log/events?before=secret", "'before' must be a whole number");
            application.assertRefused("log/events?after=-1", "'after' must be a whole number");
            application.assertRefused("log/events?after=1&before=2", "not for both");
            application.assertRefused("log/events?limit=51", "'limit' must be between 1 and 50");
            application.assertRefused("log/events?since=yesterday", "'since' must be a time");
            application.assertRefused("log/events?prefix=secret", "eventcore.endpoint.show-stream-ids=true");
            application.assertRefused("log/events?correlation=secret", "eventcore.endpoint.show-metadata=true");
            for (String path : List.of("log/events?before=secret", "log/events?prefix=sec%2Aret")) {
                assertThat(application.get(path).body()).doesNotContain("sec");
            }
            assertThat(application.get("log/nothing").statusCode()).isEqualTo(404);
            assertThat(application.get("log/nothing").body()).contains("Not found", "log/events");
        }
    }
}
