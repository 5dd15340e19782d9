package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The actuator of a real application over real HTTP, and what it keeps to itself. */
@ExtendWith(OutputCaptureExtension.class)
class EndpointOverHttpTest {
    private static final String IN_STREAM = "secret-in-stream-id";
    private static final String IN_PAYLOAD = "secret-in-payload";
    private static final String IN_METADATA = "secret-in-metadata";
    private static final String IN_EXCEPTION = "secret-in-exception";
    private static final List<String> SECRETS = List.of(IN_STREAM, IN_PAYLOAD, IN_METADATA, IN_EXCEPTION);

    private static final StreamId NOTES = StreamId.of("notes-" + IN_STREAM);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper json = new JsonMapper();

    @EventType("note-taken")
    private record NoteTaken(StreamId streamId, String text) implements Event {}

    @Test
    void without_exposure_there_is_no_endpoint() throws Exception {
        try (ConfigurableApplicationContext application = startAsItIs(List.of(Application.class), List.of())) {
            assertThat(get(application, "/actuator/eventcore").statusCode()).isEqualTo(404);
            assertThat(application.getBeansOfType(EventCoreEndpoint.class)).isEmpty();
        }
    }

    @Test
    void the_store_and_its_projections_are_shown() throws Exception {
        try (ConfigurableApplicationContext application = start()) {
            takeNote(application);
            awaitTrouble(application);

            JsonNode all = json.readTree(get(application, "/actuator/eventcore").body());
            assertThat(all.at("/stores/0/type").asString()).isEqualTo("jdbc");
            assertThat(all.at("/stores/0/schemaVersion").asInt()).isEqualTo(JdbcSchema.version());
            assertThat(all.at("/stores/0/lastPosition").asInt()).isEqualTo(1);
            assertThat(all.at("/projections").propertyNames()).containsExactlyInAnyOrder("parks", "fails", "retries");
            assertThat(all.at("/projections/parks/parkedStreams").asInt()).isEqualTo(1);
            assertThat(all.at("/projections/fails/partitions/0/state").asString())
                    .isEqualTo("failed");

            JsonNode one =
                    json.readTree(get(application, "/actuator/eventcore/parks").body());
            assertThat(one.at("/partitions/0/position").asInt()).isEqualTo(1);
            assertThat(one.at("/parked/0/position").asInt()).isEqualTo(1);
            assertThat(one.at("/parked/0/type").asString()).isEqualTo("note-taken");
            assertThat(one.at("/parked/0/failure").asString()).isEqualTo(IllegalStateException.class.getName());
            assertThat(one.at("/parked/0/streamId").isMissingNode()
                            || one.at("/parked/0/streamId").isNull())
                    .isTrue();
            assertNotFound(
                    get(application, "/actuator/eventcore/nobody"), "There is no projection of the name 'nobody'");
        }
    }

    @Test
    void names_of_tags_are_shown_with_whether_stored_events_have_them_and_health_does_not_mind() throws Exception {
        try (ConfigurableApplicationContext application = start()) {
            assertThat(json.readTree(get(application, "/actuator/eventcore").body())
                            .at("/stores/0/tags")
                            .isEmpty())
                    .isTrue();
            JdbcTemplate owner = new JdbcTemplate(application.getBean(DataSource.class));
            owner.update("INSERT INTO eventcore_tag_name (name, complete) VALUES ('course', TRUE), ('student', FALSE)");

            JsonNode tags = json.readTree(
                            get(application, "/actuator/eventcore").body())
                    .at("/stores/0/tags");

            assertThat(tags.propertyNames()).containsExactly("course", "student");
            assertThat(tags.at("/course").asString()).isEqualTo("complete");
            assertThat(tags.at("/student").asString()).isEqualTo("incomplete");
            assertThat(get(application, "/actuator/health/eventcore/store").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void while_the_database_is_down_the_answer_is_a_problem_detail() throws Exception {
        try (ConfigurableApplicationContext application = start(
                "management.endpoint.eventcore.access=unrestricted",
                "spring.datasource.hikari.connection-timeout=250")) {
            ((HikariDataSource) application.getBean(DataSource.class)).close();

            for (String path : List.of("/actuator/eventcore", "/actuator/eventcore/parks")) {
                HttpResponse<String> answer = get(application, path);
                assertThat(answer.statusCode()).as(path).isEqualTo(503);
                assertThat(answer.headers().firstValue("Content-Type"))
                        .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
                assertThat(answer.body()).contains("EventStore", "does not answer");
            }
            for (String action : List.of("pause", "retry")) {
                assertThat(act(application, "parks", "{\"action\":\"" + action + "\"}")
                                .statusCode())
                        .isEqualTo(503);
            }
        }
    }

    @Test
    void nothing_can_be_changed_unless_access_is_granted() throws Exception {
        try (ConfigurableApplicationContext application = start()) {
            assertThat(act(application, "parks", "{\"action\":\"pause\"}").statusCode())
                    .isEqualTo(405);
            assertThat(get(application, "/actuator/eventcore").statusCode()).isEqualTo(200);
        }
        try (ConfigurableApplicationContext application = start(
                "management.endpoint.eventcore.access=unrestricted",
                "management.endpoints.access.max-permitted=read-only")) {
            assertThat(act(application, "parks", "{\"action\":\"pause\"}").statusCode())
                    .isEqualTo(405);
        }
    }

    @Test
    void operators_pause_resume_reset_and_deal_with_parked_streams() throws Exception {
        try (ConfigurableApplicationContext application = start("management.endpoint.eventcore.access=unrestricted")) {
            Notes notes = application.getBean(Notes.class);
            takeNote(application);
            awaitTrouble(application);

            assertThat(act(application, "parks", "{\"action\":\"pause\"}").statusCode())
                    .isEqualTo(200);
            awaitState(application, "parks", ProjectionState.PAUSED);
            assertThat(act(application, "parks", "{\"action\":\"resume\"}").statusCode())
                    .isEqualTo(200);
            awaitState(application, "parks", ProjectionState.LIVE);

            assertNotFound(
                    act(application, "parks", "{\"action\":\"retry\",\"position\":77}"),
                    "No stream is parked at position 77 of projection 'parks'");
            notes.broken.set(false);
            assertThat(json.readTree(act(application, "parks", "{\"action\":\"retry\",\"position\":1}")
                                    .body())
                            .at("/parkedStreams")
                            .asInt())
                    .isEqualTo(1);
            awaitParked(application, 0);

            notes.broken.set(true);
            assertThat(act(application, "parks", "{\"action\":\"reset\"}").statusCode())
                    .isEqualTo(200);
            awaitParked(application, 1);
            assertThat(act(application, "parks", "{\"action\":\"discard\"}").statusCode())
                    .isEqualTo(200);
            awaitParked(application, 0);

            assertRefused(act(application, "fails", "{\"action\":\"reset\"}"), "clearedBy");
            assertRefused(
                    act(application, "parks", "{\"action\":\"explode\"}"), "pause, resume, reset, retry, discard");
            assertRefused(act(application, "parks", "{}"), "pause, resume, reset, retry, discard");
            assertRefused(get(application, "/actuator/eventcore/parks?after=-1"), "not negative");
            assertNotFound(
                    act(application, "nobody", "{\"action\":\"pause\"}"),
                    "There is no projection of the name 'nobody'");
        }
    }

    private static void assertNotFound(HttpResponse<String> answer, String detail) {
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(answer.body()).contains(detail);
    }

    private static void assertRefused(HttpResponse<String> answer, String rule) {
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(answer.body()).contains(rule);
    }

    @Test
    void liveness_never_depends_on_the_store_and_readiness_only_if_asked_to() throws Exception {
        String[] probes = {"management.endpoint.health.probes.enabled=true"};
        try (ConfigurableApplicationContext application = start(probes)) {
            takeNote(application);
            awaitTrouble(application);
            assertThat(get(application, "/actuator/health").statusCode()).isEqualTo(503);
            assertThat(get(application, "/actuator/health/liveness").statusCode())
                    .isEqualTo(200);
            assertThat(get(application, "/actuator/health/readiness").statusCode())
                    .isEqualTo(200);
        }
        // tag::readiness[]
        String readiness = "management.endpoint.health.group.readiness.include=readinessState,eventcore";
        // end::readiness[]
        try (ConfigurableApplicationContext application = start(probes[0], readiness)) {
            takeNote(application);
            awaitTrouble(application);
            assertThat(get(application, "/actuator/health/liveness").statusCode())
                    .isEqualTo(200);
            assertThat(get(application, "/actuator/health/readiness").statusCode())
                    .isEqualTo(503);
        }
    }

    @Test
    void a_degraded_projection_counts_for_the_whole_only_if_asked_to() throws Exception {
        String degraded = """
            management.endpoint.health.status.order: down,degraded,up
            management.endpoint.health.status.http-mapping.degraded: 503
            """;
        // Only the projection that fails is down; it is left alone.
        String[] onlyParked = {"eventcore.health.max-lag=1h", "notes.fail=false"};
        try (ConfigurableApplicationContext application = start(onlyParked)) {
            takeNote(application);
            awaitParked(application, 1);
            assertThat(get(application, "/actuator/health/eventcore/projections")
                            .body())
                    .contains("DEGRADED");
            assertThat(get(application, "/actuator/health").statusCode()).isEqualTo(200);
        }
        List<String> properties = new ArrayList<>(List.of(onlyParked));
        degraded.lines().map(line -> line.replace(": ", "=")).forEach(properties::add);
        try (ConfigurableApplicationContext application = start(properties.toArray(String[]::new))) {
            takeNote(application);
            awaitParked(application, 1);
            assertThat(get(application, "/actuator/health").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void no_endpoint_log_line_or_error_body_tells_what_is_in_an_event(CapturedOutput output) throws Exception {
        try (ConfigurableApplicationContext application =
                start("management.endpoint.eventcore.access=unrestricted", "logging.level.io.eventcore=TRACE")) {
            StringBuilder told = provokeAndReadEverything(application);

            assertThat(told).contains("note-taken", "IllegalStateException");
            assertThat(output.getAll()).contains("could not apply the event of type 'note-taken'");
            assertThat(secretsIn(told + output.getAll())).isEmpty();
        }
    }

    @Test
    void the_search_finds_what_is_told(CapturedOutput output) throws Exception {
        try (ConfigurableApplicationContext application = start(
                List.of(Application.class, Leaks.class),
                "management.endpoint.eventcore.access=unrestricted",
                "eventcore.endpoint.show-stream-ids=true")) {
            StringBuilder told = provokeAndReadEverything(application);

            assertThat(secretsIn(get(application, "/actuator/eventcore/parks").body()))
                    .containsExactly(IN_STREAM);
            assertThat(secretsIn(told.toString())).contains(IN_STREAM, IN_PAYLOAD, IN_METADATA);
            assertThat(secretsIn(output.getAll())).contains(IN_EXCEPTION);
        }
    }

    /** Everything that goes wrong, and then everything that the actuator tells. */
    private StringBuilder provokeAndReadEverything(ConfigurableApplicationContext application) throws Exception {
        takeNote(application);
        awaitTrouble(application);
        StringBuilder told = new StringBuilder();
        told.append(act(application, "parks", "{\"action\":\"retry\"}").body());
        application.getBean(Notes.class).clearingFails.set(true);
        HttpResponse<String> reset = act(application, "parks", "{\"action\":\"reset\"}");
        assertThat(reset.statusCode()).isEqualTo(500);
        told.append(reset.body());
        told.append(act(application, "fails", "{\"action\":\"reset\"}").body());
        told.append(act(application, "nobody", "{\"action\":\"reset\"}").body());
        told.append(act(application, "parks", "{\"action\":\"explode\"}").body());
        told.append(act(application, "parks", "no json").body());
        told.append(get(application, "/nowhere").body());
        for (String path : paths(application)) {
            told.append(get(application, path).body());
        }
        return told;
    }

    private List<String> paths(ConfigurableApplicationContext application) throws Exception {
        JsonNode links = json.readTree(get(application, "/actuator").body()).at("/_links");
        List<String> paths = new ArrayList<>();
        for (JsonNode link : links) {
            String path = URI.create(link.at("/href").asString().replaceAll("[{].*[}]", ""))
                    .getPath();
            // A dump of the memory holds whatever the memory holds.
            if (!link.at("/templated").asBoolean() && !path.endsWith("/heapdump")) {
                paths.add(path);
            }
        }
        assertThat(paths).contains("/actuator/eventcore", "/actuator/health", "/actuator/metrics");
        List.of("parks", "fails", "retries").forEach(name -> paths.add("/actuator/eventcore/" + name));
        List.of("eventcore", "eventcore/store", "eventcore/projections")
                .forEach(name -> paths.add("/actuator/health/" + name));
        json.readTree(get(application, "/actuator/metrics").body())
                .at("/names")
                .forEach(name -> paths.add("/actuator/metrics/" + name.asString()));
        return paths;
    }

    private static Set<String> secretsIn(CharSequence text) {
        Set<String> found = new TreeSet<>();
        for (String secret : SECRETS) {
            if (text.toString().contains(secret)) {
                found.add(secret);
            }
        }
        return found;
    }

    private static void takeNote(ConfigurableApplicationContext application) {
        application
                .getBean(EventStore.class)
                .appendEvents(StreamWrites.empty()
                        .withMetadata(EventMetadata.empty().with("remark", IN_METADATA))
                        .registerStream(NOTES, ExpectedVersion.any())
                        .append(new NoteTaken(NOTES, IN_PAYLOAD)));
    }

    private static void awaitTrouble(ConfigurableApplicationContext application) {
        awaitParked(application, 1);
        awaitState(application, "fails", ProjectionState.FAILED);
        awaitState(application, "retries", ProjectionState.RETRYING);
    }

    private static void awaitParked(ConfigurableApplicationContext application, int streams) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                application.getBean(ProjectionRunner.class).parkedStreams("parks"))
                        .hasSize(streams));
    }

    private static void awaitState(
            ConfigurableApplicationContext application, String projection, ProjectionState state) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                application.getBean(ProjectionRunner.class).status())
                        .filteredOn(status -> status.name().equals(projection))
                        .flatExtracting(status -> status.partitions())
                        .extracting(partition -> partition.state())
                        .containsExactly(state));
    }

    private HttpResponse<String> get(ConfigurableApplicationContext application, String path)
            throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri(application, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> act(ConfigurableApplicationContext application, String projection, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri(application, "/actuator/eventcore/" + projection))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static URI uri(ConfigurableApplicationContext application, String path) {
        return URI.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port") + path);
    }

    private static ConfigurableApplicationContext start(String... properties) {
        return start(List.of(Application.class), properties);
    }

    private static ConfigurableApplicationContext start(List<Class<?>> sources, String... properties) {
        List<String> all = new ArrayList<>(List.of(properties));
        all.add("management.endpoints.web.exposure.include=*");
        return startAsItIs(sources, all);
    }

    private static ConfigurableApplicationContext startAsItIs(List<Class<?>> sources, List<String> properties) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--spring.datasource.url=jdbc:h2:mem:endpoint" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1",
                "--eventcore.event-packages=io.eventcore.autoconfigure.bank",
                "--eventcore.projections.min-retry-delay=1ms",
                "--eventcore.projections.max-retry-delay=10ms",
                "--management.endpoint.health.show-details=always"));
        properties.forEach(property -> arguments.add("--" + property));
        return new SpringApplicationBuilder(sources.toArray(Class<?>[]::new)).run(arguments.toArray(String[]::new));
    }

    /** Whether applying notes fails now. */
    static final class Notes {
        final AtomicBoolean broken = new AtomicBoolean(true);
        final AtomicBoolean clearingFails = new AtomicBoolean();

        void apply(RecordedEvent<NoteTaken> note) {
            if (broken.get()) {
                throw new IllegalStateException(
                        IN_EXCEPTION + ": " + note.event().text(), new RuntimeException(IN_EXCEPTION));
            }
        }

        void clear() {
            if (clearingFails.get()) {
                throw new LinkageError(IN_EXCEPTION);
            }
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
        EventTypesCustomizer notesAreEvents() {
            return types -> types.register(NoteTaken.class);
        }

        @Bean
        Notes notes() {
            return new Notes();
        }

        @Bean
        Projection<NoteTaken> parks(Notes notes) {
            return Projection.named("parks", NoteTaken.class)
                    .on(NoteTaken.class, notes::apply)
                    .onError(failure -> FailureDecision.PARK)
                    .clearedBy(notes::clear)
                    .build();
        }

        @Bean
        @ConditionalOnBooleanProperty(name = "notes.fail", matchIfMissing = true)
        Projection<NoteTaken> fails(Notes notes) {
            return Projection.named("fails", NoteTaken.class)
                    .on(NoteTaken.class, notes::apply)
                    .onError(failure -> FailureDecision.FAIL)
                    .build();
        }

        @Bean
        Projection<NoteTaken> retries(Notes notes) {
            return Projection.named("retries", NoteTaken.class)
                    .on(NoteTaken.class, notes::apply)
                    .atLeastOnce()
                    .onError(failure -> FailureDecision.RETRY)
                    .build();
        }
    }

    /** What must not be: shows that it would be found. */
    @Configuration(proxyBeanMethods = false)
    static class Leaks {
        @Bean
        LeakingEndpoint leakingEndpoint(EventStore store) {
            return new LeakingEndpoint(store);
        }

        @Bean
        ProjectionListener leakingListener() {
            return (partition, kind, events) -> new ProjectionListener.Batch() {
                @Override
                public void failed(Throwable failure) {
                    LoggerFactory.getLogger(Leaks.class).warn("Tells too much", failure);
                }
            };
        }
    }

    @Endpoint(id = "leaking")
    static final class LeakingEndpoint {
        private final EventStore store;

        LeakingEndpoint(EventStore store) {
            this.store = store;
        }

        @ReadOperation
        public List<String> events() {
            return store
                    .readEvents(EventFilter.all(), EventPage.after(GlobalPosition.START, 10), Event.class)
                    .events()
                    .stream()
                    .map(event -> event.event() + " " + event.metadata().entries())
                    .toList();
        }
    }
}
