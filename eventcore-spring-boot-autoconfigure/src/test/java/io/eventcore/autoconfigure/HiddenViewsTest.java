package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.ViewsOverHttp.On;
import io.eventcore.autoconfigure.notes.NoteStruck;
import io.eventcore.autoconfigure.notes.NoteTaken;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What the views keep to themselves. */
@ExtendWith(OutputCaptureExtension.class)
class HiddenViewsTest {
    private static final String IN_STREAM = "canary-in-stream";
    private static final String IN_PAYLOAD = "canary-in-payload";
    private static final String IN_METADATA = "canary-in-metadata";
    private static final String IN_TAG = "canary-in-tag";
    private static final List<String> CANARIES = List.of(IN_STREAM, IN_PAYLOAD, IN_METADATA, IN_TAG);
    private static final StreamId NOTES = StreamId.of("notes-" + IN_STREAM);

    @ParameterizedTest
    @EnumSource(On.class)
    void nothing_hidden_is_in_any_answer_or_log_line(On store, CapturedOutput output) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, "logging.level.io.eventcore=TRACE")) {
            String told = everything(application);

            assertThat(told)
                    .contains("\"stores\":[", "note-taken", "note-struck", "\"streamIds\":true", "\"payloads\":true");
            assertThat(canariesIn(told + output.getAll())).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(On.class)
    void the_search_finds_what_is_shown(On store) throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(store, ViewsOverHttp.ALL_SHOWN)) {
            assertThat(canariesIn(everything(application))).containsExactlyInAnyOrderElementsOf(CANARIES);
        }
        try (ViewsOverHttp application = ViewsOverHttp.on(store, "eventcore.endpoint.show-stream-ids=true")) {
            assertThat(canariesIn(everything(application))).containsExactlyInAnyOrder(IN_STREAM, IN_TAG);
        }
        try (ViewsOverHttp application = ViewsOverHttp.on(store, "eventcore.endpoint.show-metadata=true")) {
            assertThat(canariesIn(everything(application))).containsExactly(IN_METADATA);
        }
    }

    @Test
    void what_is_hidden_cannot_be_asked_for() throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(On.MEMORY)) {
            everything(application);

            application.assertRefused("streams/list", "stream ids", "eventcore.endpoint.show-stream-ids=true");
            application.assertRefused("streams/stream?id=notes-1", "eventcore.endpoint.show-stream-ids=true");
        }
    }

    @Test
    void while_the_store_is_down_every_view_says_so() throws Exception {
        try (ViewsOverHttp application = ViewsOverHttp.on(
                On.H2, "spring.datasource.hikari.connection-timeout=250", "eventcore.endpoint.show-stream-ids=true")) {
            ((HikariDataSource) application.application.getBean(DataSource.class)).close();

            for (String path :
                    List.of("log/events", "log/event?position=1", "log/types", "streams/list", "streams/stream?at=1")) {
                assertThat(application.get(path).statusCode()).as(path).isEqualTo(503);
                assertThat(application.get(path).body()).as(path).contains("does not answer");
            }
        }
    }

    /** Every view, with answers and refusals. */
    private static String everything(ViewsOverHttp application) throws Exception {
        EventMetadata metadata = EventMetadata.empty().withCorrelationId("talk").with("remark", IN_METADATA);
        List<Long> positions = new ArrayList<>(application.append(NOTES, metadata, new NoteTaken(NOTES, IN_PAYLOAD)));
        positions.addAll(application.append(NOTES, metadata, new NoteStruck(NOTES, IN_TAG)));
        StringBuilder told = new StringBuilder();
        for (String path : List.of(
                "",
                "note-list",
                "log/events",
                "log/events?after=0",
                "log/types",
                "streams/list",
                "streams/list?prefix=notes-",
                "streams/stream?at=" + positions.get(0),
                "streams/stream?version=1&at=" + positions.get(1),
                "log/event?position=" + positions.get(0),
                "log/event?position=" + positions.get(1),
                "log/event?position=99999",
                "log/events?prefix=notes-",
                "log/events?correlation=talk")) {
            told.append(application.get(path).body());
        }
        return told.toString();
    }

    private static Set<String> canariesIn(String text) {
        Set<String> found = new TreeSet<>();
        CANARIES.stream().filter(text::contains).forEach(found::add);
        return found;
    }
}
