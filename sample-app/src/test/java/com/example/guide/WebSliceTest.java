package com.example.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.guide.LibraryEvent.BookAdded;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.Projection;
import io.eventcore.test.AutoConfigureEventCore;
import io.eventcore.web.AwaitsProjection;
import io.eventcore.web.ConsistencyToken;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.WebApplicationContext;

/** In a test with a web layer, {@link AutoConfigureEventCore} brings what belongs to events there. */
@SpringBootTest(
        classes = WebSliceTest.Library.class,
        properties = {
            "eventcore.store=in-memory",
            "eventcore.event-packages=com.example.guide",
            "eventcore.web.consistency-token.timeout=1m"
        })
@AutoConfigureEventCore
@ImportAutoConfiguration({DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class})
class WebSliceTest {
    private static final StreamId BOOK = StreamId.of("book-1");

    @Test
    void a_query_waits_for_what_its_token_names(
            @Autowired EventStore store, @Autowired WebApplicationContext application) {
        EventStreamSlice written =
                store.appendEvents(StreamWrites.to(BOOK, ExpectedVersion.noStream(), new BookAdded(BOOK, "Walden")));
        ConsistencyToken token = new ConsistencyToken(written.lastPosition());

        assertThat(MockMvcTester.from(application)
                        .get()
                        .uri("/titles")
                        .header(ConsistencyToken.HEADER, token.toString()))
                .hasStatusOk()
                .bodyText()
                .contains("Walden");
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Titles.class)
    static class Library {
        private final List<String> titles = new CopyOnWriteArrayList<>();

        @Bean
        Projection<LibraryEvent> titlesProjection() {
            return Projection.named("titles", LibraryEvent.class)
                    .on(BookAdded.class, recorded -> titles.add(recorded.event().title()))
                    .build();
        }
    }

    @RestController
    static class Titles {
        private final Library library;

        Titles(Library library) {
            this.library = library;
        }

        @GetMapping("/titles")
        @AwaitsProjection("titles")
        String titles() {
            return String.join(", ", library.titles);
        }
    }
}
