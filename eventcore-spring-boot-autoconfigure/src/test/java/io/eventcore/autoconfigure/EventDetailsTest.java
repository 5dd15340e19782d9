package io.eventcore.autoconfigure;

import static io.eventcore.autoconfigure.ViewsOverHttp.assertUntold;
import static io.eventcore.autoconfigure.ViewsOverHttp.positions;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.ViewsOverHttp.NoteForgotten;
import io.eventcore.autoconfigure.ViewsOverHttp.On;
import io.eventcore.autoconfigure.notes.NoteStruck;
import io.eventcore.autoconfigure.notes.NoteTaken;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The view of one event and its story, and the view of types. */
class EventDetailsTest {
    private static final StreamId NOTES = StreamId.of("notes-1");
    private static final StreamId OTHER = StreamId.of("other-1");

    @ParameterizedTest
    @EnumSource(On.class)
    void an_event_is_shown_with_its_story_across_streams(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, ViewsOverHttp.ALL_SHOWN)) {
            EventMetadata talk = EventMetadata.empty().withCorrelationId("talk");
            long cause = application
                    .append(NOTES, talk.withActor("ada"), new NoteTaken(NOTES, "first"))
                    .get(0);
            application.append(OTHER, EventMetadata.empty(), new NoteTaken(OTHER, "of no concern"));
            String causeId = application
                    .view("log/event?position=" + cause)
                    .at("/event/eventId")
                    .asString();
            long effect = application
                    .append(OTHER, talk.withCausationId(causeId), new NoteStruck(OTHER, "because"))
                    .get(0);

            JsonNode shown = application.view("log/event?position=" + effect);
            assertThat(shown.at("/event/type").asString()).isEqualTo("note-struck");
            assertThat(shown.at("/payload/reason").asString()).isEqualTo("because");
            assertThat(shown.at("/metadata/causationId").asString()).isEqualTo(causeId);
            assertThat(shown.at("/tags/0").asString()).isEqualTo("reason:because");
            assertUntold(shown, "/unreadable");
            assertThat(positions(shown.at("/story"))).containsExactly(cause, effect);
            assertThat(shown.at("/story/1/parent").asLong()).isEqualTo(cause);
            assertUntold(shown, "/story/0/parent");
            assertThat(shown.at("/story/0/readBy/0").asString()).isEqualTo("note-list");
            assertThat(shown.at("/story/1/readBy").isEmpty()).isTrue();
            assertThat(positions(application.view("log/event?position=" + cause).at("/story")))
                    .containsExactly(cause, effect);

            assertThat(application.get("log/event?position=" + (effect + 7)).statusCode())
                    .isEqualTo(404);
            application.assertRefused("log/event", "'position' must be the position of an event");
            application.assertRefused("log/event?position=0", "'position' must be the position of an event");
        }
    }

    @Test
    void an_event_that_cannot_be_read_is_shown_as_such_and_breaks_no_view() throws Exception {
        String database = "spring.datasource.url=jdbc:h2:mem:forgotten" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
        long forgotten;
        try (ViewsOverHttp other = ViewsOverHttp.start(
                List.of(ViewsOverHttp.Application.class, ViewsOverHttp.Other.class), On.H2, database)) {
            forgotten = other.append(
                            NOTES, EventMetadata.empty().withCorrelationId("talk"), new NoteForgotten(NOTES, "x"))
                    .get(0);
            other.takeNotes(NOTES, 2);
        }
        String[] properties = {
            database,
            "eventcore.endpoint.show-stream-ids=true",
            "eventcore.endpoint.show-payloads=true",
            "eventcore.endpoint.show-metadata=true"
        };
        try (ViewsOverHttp application = ViewsOverHttp.on(On.H2, properties)) {
            JsonNode shown = application.view("log/event?position=" + forgotten);
            assertThat(shown.at("/unreadable").asString()).contains("No event class");
            assertThat(shown.at("/payload/text").asString()).isEqualTo("x");
            assertUntold(shown, "/tags");
            assertThat(positions(shown.at("/story"))).containsExactly(forgotten);

            JsonNode types = application.view("log/types").at("/types");
            assertThat(types.at("/0/type").asString()).isEqualTo("note-taken");
            assertThat(types.at("/0/count").asInt()).isEqualTo(2);
            assertThat(types.at("/0/readBy").asString()).isEqualTo(NoteTaken.class.getName());
            assertThat(types.at("/0/unreadable").asBoolean()).isFalse();
            assertThat(types.at("/1/type").asString()).isEqualTo("note-forgotten");
            assertThat(types.at("/1/unreadable").asBoolean()).isTrue();
            assertUntold(types, "/1/readBy");
            assertThat(types.at("/1/sample").asLong()).isEqualTo(forgotten);

            JsonNode stream = application.view("streams/stream?at=" + forgotten);
            assertThat(stream.at("/events").size()).isEqualTo(3);
            assertThat(stream.at("/states").isEmpty()).isTrue();
            assertThat(stream.at("/statesLeftOut").asString()).isEqualTo("The event at version 1 cannot be read");
            assertThat(application
                            .view("streams/list?prefix=notes")
                            .at("/streams")
                            .size())
                    .isEqualTo(1);
        }
    }
}
