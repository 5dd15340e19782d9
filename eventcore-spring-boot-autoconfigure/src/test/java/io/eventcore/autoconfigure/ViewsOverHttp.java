package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.notes.NoteTaken;
import io.eventcore.projection.Projection;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An application whose endpoint is asked over real HTTP, on one of the stores. */
final class ViewsOverHttp implements AutoCloseable {
    static final String[] ALL_SHOWN = {
        "eventcore.endpoint.show-stream-ids=true",
        "eventcore.endpoint.show-payloads=true",
        "eventcore.endpoint.show-metadata=true"
    };

    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    final ConfigurableApplicationContext application;

    private ViewsOverHttp(ConfigurableApplicationContext application) {
        this.application = application;
    }

    /** The stores on which the views are tried. */
    enum On {
        MEMORY {
            @Override
            String[] properties() {
                return new String[] {"eventcore.store=in-memory"};
            }
        },
        H2 {
            @Override
            String[] properties() {
                return new String[] {
                    "spring.datasource.url=jdbc:h2:mem:views" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1"
                };
            }
        },
        POSTGRESQL {
            @Override
            String[] properties() {
                return new String[] {
                    "spring.datasource.url=" + RealPostgreSql.newDatabase(),
                    "eventcore.jdbc.initialize-schema=always",
                    "spring.datasource.hikari.maximum-pool-size=5"
                };
            }
        };

        abstract String[] properties();
    }

    static ViewsOverHttp on(On store, String... properties) {
        return start(List.of(Application.class), store, properties);
    }

    static ViewsOverHttp start(List<Class<?>> sources, On store, String... properties) {
        List<String> arguments = new ArrayList<>();
        List.of("server.address=127.0.0.1", "server.port=0", "management.endpoints.web.exposure.include=*")
                .forEach(property -> arguments.add("--" + property));
        arguments.add("--eventcore.event-packages=io.eventcore.autoconfigure.notes");
        if (List.of(properties).stream().noneMatch(property -> property.startsWith("spring.datasource.url="))) {
            for (String property : store.properties()) {
                arguments.add("--" + property);
            }
        }
        for (String property : properties) {
            arguments.add("--" + property);
        }
        return new ViewsOverHttp(
                new SpringApplicationBuilder(sources.toArray(Class<?>[]::new)).run(arguments.toArray(String[]::new)));
    }

    EventStore store() {
        return application.getBean(EventStore.class);
    }

    /** The answer to a question below the endpoint, which must succeed. */
    JsonNode view(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port")
                + "/actuator/eventcore" + (path.isEmpty() ? "" : "/" + path));
    }

    /** The refusal of a question, by this rule. */
    void assertRefused(String path, String... rule) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(answer.body()).contains(rule);
    }

    /** That an answer does not tell a value. */
    static void assertUntold(JsonNode answer, String pointer) {
        JsonNode value = answer.at(pointer);
        assertThat(value.isMissingNode() || value.isNull()).as(pointer).isTrue();
    }

    /** The positions of the events of an answer, in its order. */
    static List<Long> positions(JsonNode events) {
        List<Long> positions = new ArrayList<>();
        events.forEach(event -> positions.add(event.at("/position").asLong()));
        return positions;
    }

    /** Appends events to a stream; their positions. */
    List<Long> append(StreamId stream, EventMetadata metadata, Event... events) {
        StreamWrites writes = StreamWrites.empty().withMetadata(metadata).registerStream(stream, ExpectedVersion.any());
        for (Event event : events) {
            writes = writes.append(event);
        }
        return store().appendEvents(writes).events().stream()
                .map(event -> event.position().value())
                .toList();
    }

    /** Appends notes to a stream, one append for each hundred; their positions. */
    List<Long> takeNotes(StreamId stream, int count) {
        List<Long> positions = new ArrayList<>();
        for (int done = 0; done < count; done += 100) {
            Event[] notes = new Event[Math.min(100, count - done)];
            for (int i = 0; i < notes.length; i++) {
                notes[i] = new NoteTaken(stream, "note " + (done + i + 1));
            }
            positions.addAll(append(stream, EventMetadata.empty(), notes));
        }
        return positions;
    }

    @Override
    public void close() {
        application.close();
    }

    /** An event of an application that this one does not know. */
    @EventType("note-forgotten")
    record NoteForgotten(StreamId streamId, String text) implements Event {}

    @Configuration(proxyBeanMethods = false)
    static class Other {
        @Bean
        EventTypesCustomizer forgotten() {
            return types -> types.register(NoteForgotten.class);
        }
    }

    @SpringBootConfiguration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            exclude = {
                HibernateJpaAutoConfiguration.class,
                DataJpaRepositoriesAutoConfiguration.class,
                FlywayAutoConfiguration.class,
                LiquibaseAutoConfiguration.class
            })
    static class Application {
        @Bean
        Projection<NoteTaken> noteList() {
            return Projection.named("note-list", NoteTaken.class)
                    .filter(EventFilter.all().ofTypes(NoteTaken.class))
                    .on(NoteTaken.class, note -> {})
                    .build();
        }
    }
}
