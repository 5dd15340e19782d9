package io.eventcore.autoconfigure;

import static io.eventcore.autoconfigure.ViewsOverHttp.assertUntold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.ViewsOverHttp.On;
import io.eventcore.autoconfigure.notes.NoteStruck;
import io.eventcore.autoconfigure.notes.TakeNote;
import io.eventcore.command.CommandExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The views of streams. */
class StreamViewsTest {
    private static final StreamId NOTES = StreamId.of("notes-1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @ParameterizedTest
    @EnumSource(On.class)
    void a_stream_is_shown_up_to_a_version_with_its_states_and_their_predecessors(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, ViewsOverHttp.ALL_SHOWN)) {
            List<Long> positions = new ArrayList<>(application.takeNotes(NOTES, 59));
            positions.addAll(application.append(NOTES, EventMetadata.empty(), new NoteStruck(NOTES, "wrong")));

            JsonNode newest = application.view("streams/stream?id=notes-1");
            assertThat(newest.at("/stream").asString()).isEqualTo("notes-1");
            assertThat(newest.at("/version").asLong()).isEqualTo(60);
            assertThat(newest.at("/events").size()).isEqualTo(50);
            assertThat(newest.at("/events/0/version").asLong()).isEqualTo(60);
            assertThat(newest.at("/more").asLong()).isEqualTo(10);
            assertThat(newest.at("/states").size()).isEqualTo(1);
            assertThat(newest.at("/states/0/command").asString()).isEqualTo("TakeNote");
            assertThat(newest.at("/states/0/of").asString()).isEqualTo("Notebook");
            assertThat(newest.at("/states/0/state/notes").asInt()).isEqualTo(58);
            assertThat(newest.at("/previousStates/0/state/notes").asInt()).isEqualTo(59);
            assertThat(newest.at("/statesLeftOut").asString())
                    .isEqualTo("The state of CopyLastNote depends on values of the command");

            JsonNode early = application.view("streams/stream?version=10&at=" + positions.get(30));
            assertThat(early.at("/shownVersion").asLong()).isEqualTo(10);
            assertThat(early.at("/version").asLong()).isEqualTo(60);
            assertThat(early.at("/events").size()).isEqualTo(10);
            assertUntold(early, "/more");
            assertThat(early.at("/states/0/state/last").asString()).isEqualTo("note 10");
            assertThat(early.at("/previousStates/0/state/last").asString()).isEqualTo("note 9");

            assertThat(application.get("streams/stream?id=nobody").statusCode()).isEqualTo(404);
            application.assertRefused("streams/stream", "'at', the position of one of its events");
            application.assertRefused("streams/stream?id=a%2Ab", "'id' must be a stream id");
            application.assertRefused("streams/stream?id=a&version=last", "'version' must be a whole number");
        }
    }

    @ParameterizedTest
    @EnumSource(On.class)
    void snapshots_of_a_stream_are_told_with_their_versions(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store)) {
            CommandExecutor executor = application.application.getBean(CommandExecutor.class);
            application.takeNotes(NOTES, 5);
            executor.execute(new TakeNote(NOTES, "more"));

            long position =
                    application.view("log/events").at("/events/0/position").asLong();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(application
                                    .view("streams/stream?at=" + position)
                                    .at("/snapshots/0/version")
                                    .asLong())
                            .isEqualTo(5));
            JsonNode snapshot =
                    application.view("streams/stream?at=" + position).at("/snapshots/0");
            assertThat(snapshot.at("/command").asString()).isEqualTo("TakeNote");
            assertThat(snapshot.at("/current").asBoolean()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(On.class)
    void streams_are_listed_by_prefix_in_pages_and_without_one_the_newest(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, ViewsOverHttp.ALL_SHOWN)) {
            for (int i = 0; i < 60; i++) {
                application.takeNotes(StreamId.of("notes-%02d".formatted(i)), 1 + i % 2);
            }
            application.takeNotes(StreamId.of("other"), 3);

            JsonNode first = application.view("streams/list?prefix=notes-");
            assertThat(first.at("/streams").size()).isEqualTo(50);
            assertThat(first.at("/streams/1/stream").asString()).isEqualTo("notes-01");
            assertThat(first.at("/streams/1/version").asLong()).isEqualTo(2);
            assertThat(first.at("/streams/1/lastPosition").asLong()).isPositive();
            assertThat(first.at("/more").asString()).isEqualTo("notes-49");
            JsonNode second = application.view("streams/list?prefix=notes-&after=notes-49");
            assertThat(second.at("/streams").size()).isEqualTo(10);
            assertUntold(second, "/more");
            assertThat(application.view("streams/list").at("/streams/0/stream").asString())
                    .isEqualTo("other");
        }
    }
}
