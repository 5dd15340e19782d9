package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.JdbcSubjectKeyStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.Eventually;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

class PersonalDataConfigurationTest {
    private static final StreamId STREAM = StreamId.of("customer-1");
    private static final String KEY = "2026:" + Base64.getEncoder().encodeToString(new byte[32]);
    private static final String OTHER_KEY = "2027:"
            + Base64.getEncoder().encodeToString(new byte[] {
                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
            });

    // tag::event
    @EventType("customer.registered")
    record Registered(
            String customer,
            @PersonalData(subject = "customer") String name,

            @PersonalData(subject = "customer", placeholder = "1900-01-01")
            LocalDate born)
            implements Event {
        // end::event
        @Override
        public StreamId streamId() {
            return STREAM;
        }
    }

    private static ApplicationContextRunner with(ApplicationContextRunner runner) {
        return runner.withBean(EventTypesCustomizer.class, () -> types -> types.register(Registered.class));
    }

    private static ApplicationContextRunner withH2(String url) {
        return with(Applications.withDatabase(url)).withPropertyValues("eventcore.jdbc.initialize-schema=always");
    }

    private static void append(ApplicationContext application, String customer) {
        application
                .getBean(EventStore.class)
                .appendEvents(StreamWrites.to(
                        STREAM,
                        ExpectedVersion.any(),
                        new Registered(customer, "Ada " + customer, LocalDate.of(1815, 12, 10))));
    }

    private static Iterable<String> names(ApplicationContext application) {
        return application.getBean(EventStore.class).readStream(STREAM, Registered.class).stream()
                .map(RecordedEvent::event)
                .map(Registered::name)
                .toList();
    }

    @Test
    void a_person_is_erased_in_a_database_with_a_master_key() {
        withH2(Applications.newH2())
                .withPropertyValues("eventcore.personal-data.master-key=" + KEY)
                .run(application -> {
                    append(application, "c-1");
                    append(application, "c-2");

                    application.getBean(PersonalDataEraser.class).erase("c-1");

                    assertThat(names(application)).containsExactly("[erased]", "Ada c-2");
                    assertThat(application
                                    .getBean(EventStore.class)
                                    .readStream(new SubjectErased("c-1").streamId(), SubjectErased.class)
                                    .toList())
                            .hasSize(1);
                    assertThat(application.getBean(SubjectKeyStore.class)).isInstanceOf(JdbcSubjectKeyStore.class);
                });
    }

    @Test
    void an_erasure_rolls_back_with_the_applications_transaction() {
        for (ApplicationContextRunner runner : java.util.List.of(
                withH2(Applications.newH2()).withPropertyValues("eventcore.personal-data.master-key=" + KEY),
                with(Applications.withoutDatabase()))) {
            runner.run(application -> {
                append(application, "c-1");

                new TransactionTemplate(application.getBean(PlatformTransactionManager.class))
                        .executeWithoutResult(status -> {
                            application.getBean(PersonalDataEraser.class).erase("c-1");
                            status.setRollbackOnly();
                        });

                assertThat(names(application)).containsExactly("Ada c-1");
            });
        }
    }

    // tag::erase
    record CustomerDeletion(PersonalDataEraser eraser, JdbcTemplate jdbc) {
        @Transactional
        void delete(String customer) {
            jdbc.update("DELETE FROM newsletter WHERE customer = ?", customer);
            eraser.erase(customer);
        }
    }
    // end::erase

    // tag::projection
    static Projection<Event> newsletter(JdbcTemplate jdbc) {
        return Projection.named("newsletter", Event.class)
                .on(
                        Registered.class,
                        registered -> jdbc.update(
                                "INSERT INTO newsletter VALUES (?, ?)",
                                registered.event().customer(),
                                registered.event().name()))
                .on(
                        SubjectErased.class,
                        erased -> jdbc.update(
                                "DELETE FROM newsletter WHERE customer = ?",
                                erased.event().subject()))
                .build();
    }
    // end::projection

    @Test
    void a_read_model_follows() {
        withH2(Applications.newH2())
                .withPropertyValues("eventcore.personal-data.master-key=" + KEY)
                .withBean("newsletter", Projection.class, () -> newsletter(new JdbcTemplate()))
                .run(application -> assertThat(application).hasNotFailed());
    }

    @Test
    void nothing_of_a_person_is_in_the_answers_of_the_endpoint() {
        Projection<Event> parking = Projection.named("parking", Event.class)
                .on(Registered.class, registered -> {
                    throw new IllegalStateException(
                            "no such " + registered.event().name());
                })
                .onError(failure -> FailureDecision.PARK)
                .build();
        withH2(Applications.newH2())
                .withPropertyValues("eventcore.personal-data.master-key=" + KEY)
                .withBean("parking", Projection.class, () -> parking)
                .run(application -> {
                    append(application, "c-1");
                    ProjectionRunner runner = application.getBean(ProjectionRunner.class);
                    Eventually.until(
                            "the stream is parked",
                            () -> !runner.parkedStreams("parking").isEmpty());
                    EventCoreEndpoint endpoint = new EventCoreEndpoint(
                            List.of(application.getBean(EventStore.class)),
                            runner,
                            application.getBean(ProjectionStore.class),
                            EndpointParts.of(new EventCoreProperties.Endpoint(true, true, true)));
                    assertThat(answers(endpoint)).contains("parking").doesNotContain("Ada");

                    application.getBean(PersonalDataEraser.class).erase("c-1");

                    assertThat(answers(endpoint)).contains("parking").doesNotContain("Ada");
                });
    }

    /** Everything shown, payloads too. */
    private static String answers(EventCoreEndpoint endpoint) {
        JsonMapper json = new JsonMapper();
        LogViews.Events events = (LogViews.Events) Objects.requireNonNull(
                endpoint.view("log", "events", asking(null, null)).getBody());
        StringBuilder views = new StringBuilder();
        for (LogViews.Event event : events.events()) {
            String position = String.valueOf(event.position());
            views.append(json.writeValueAsString(endpoint.view("log", "event", asking(position, null))
                            .getBody()))
                    .append(json.writeValueAsString(endpoint.view("streams", "stream", asking(null, position))
                            .getBody()));
        }
        assertThat(views).contains("\"payload\":{");
        return json.writeValueAsString(endpoint.overview().getBody())
                + json.writeValueAsString(
                        endpoint.projection("parking", null, null, null).getBody())
                + json.writeValueAsString(endpoint.act(SecurityContext.NONE, "parking", "retry", null)
                        .getBody())
                + views;
    }

    private static ViewRequest asking(@Nullable String position, @Nullable String at) {
        return new ViewRequest(null, null, position, at, null, null, null, null, null, null, null, null);
    }

    @Test
    void memory_needs_no_key() {
        with(Applications.withoutDatabase()).run(application -> {
            append(application, "c-1");
            application.getBean(PersonalDataEraser.class).erase("c-1");

            assertThat(names(application)).containsExactly("[erased]");
            assertThat(application.getBean(SubjectKeyStore.class)).isInstanceOf(InMemorySubjectKeyStore.class);
        });
    }

    @Test
    void personal_data_without_a_key_stops_the_start_and_says_what_to_set() {
        withH2(Applications.newH2()).run(application -> {
            assertThat(application).hasFailed();
            assertThat(application.getStartupFailure())
                    .rootCause()
                    .hasMessageContaining("'name'")
                    .hasMessageContaining("@PersonalData")
                    .hasMessageContaining("eventcore.personal-data.master-key");
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription()).contains("'name'", "eventcore.personal-data.master-key is not set");
            assertThat(analysis.getAction()).contains("openssl rand -base64 32");
        });
    }

    /** As Spring Boot explains it, by analyzers too that look values up in the environment. */
    @Test
    void no_explanation_shows_a_master_key() {
        AtomicReference<Environment> environment = new AtomicReference<>();
        for (String name : List.of("master-key", "previous-master-keys")) {
            withH2(Applications.newH2())
                    .withInitializer(application -> environment.set(application.getEnvironment()))
                    .withPropertyValues(
                            "eventcore.personal-data.master-key=" + KEY,
                            "eventcore.personal-data." + name + "=" + KEY.substring(KEY.indexOf(':') + 1))
                    .run(application -> {
                        List<String> explained = new ArrayList<>();
                        SpringFactoriesLoader.forDefaultResourceLocation(
                                        getClass().getClassLoader())
                                .load(
                                        FailureAnalyzer.class,
                                        ArgumentResolver.of(
                                                Environment.class, Objects.requireNonNull(environment.get())),
                                        (type, analyzer, unusable) -> {})
                                .forEach(analyzer -> {
                                    FailureAnalysis analysis =
                                            analyzer.analyze(Objects.requireNonNull(application.getStartupFailure()));
                                    if (analysis != null) {
                                        explained.add(analysis.getDescription() + analysis.getAction());
                                    }
                                });

                        assertThat(explained).isNotEmpty();
                        assertThat(explained.get(0)).contains("eventcore.personal-data." + name);
                        assertThat(explained).noneMatch(text -> text.contains(KEY.substring(KEY.indexOf(':') + 1)));
                    });
        }
    }

    @Test
    void an_application_without_personal_data_needs_nothing() {
        Applications.withH2()
                .run(application -> assertThat(application)
                        .doesNotHaveBean(SubjectKeyStore.class)
                        .doesNotHaveBean(PersonalDataProtection.class)
                        .doesNotHaveBean(PersonalDataEraser.class));
    }

    @Test
    void a_master_key_that_makes_no_sense_stops_the_start_and_is_not_shown() {
        for (String wrong : List.of("secretsecret", "id:secret!", "id:c2VjcmV0", ":" + KEY)) {
            withH2(Applications.newH2())
                    .withPropertyValues("eventcore.personal-data.master-key=" + wrong)
                    .run(application -> {
                        assertThat(application).hasFailed();
                        assertThat(application.getStartupFailure())
                                .rootCause()
                                .hasMessageContaining("eventcore.personal-data.master-key")
                                .hasMessageNotContaining("secret")
                                .hasMessageNotContaining("c2VjcmV0");
                    });
        }
    }

    @Test
    void a_master_key_is_replaced_without_touching_events() {
        String url = Applications.newH2();
        withH2(url)
                .withPropertyValues("eventcore.personal-data.master-key=" + KEY)
                .run(application -> {
                    append(application, "c-1");
                    append(application, "c-2");
                });
        withH2(url)
                .withPropertyValues(
                        "eventcore.personal-data.master-key=" + OTHER_KEY,
                        "eventcore.personal-data.previous-master-keys=" + KEY)
                .run(application -> {
                    assertThat(names(application)).containsExactly("Ada c-1", "Ada c-2");
                    JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
                    String before = jdbc.queryForList("SELECT payload FROM eventcore_event ORDER BY position")
                            .toString();

                    assertThat(application.getBean(JdbcSubjectKeyStore.class).rewrapAll())
                            .isEqualTo(2);
                    assertThat(application.getBean(JdbcSubjectKeyStore.class).rewrapAll())
                            .isZero();

                    assertThat(jdbc.queryForList("SELECT payload FROM eventcore_event ORDER BY position")
                                    .toString())
                            .isEqualTo(before);
                });
        withH2(url)
                .withPropertyValues("eventcore.personal-data.master-key=" + OTHER_KEY)
                .run(application -> assertThat(names(application)).containsExactly("Ada c-1", "Ada c-2"));
        withH2(url)
                .withPropertyValues("eventcore.personal-data.master-key=" + KEY)
                .run(application -> assertThatThrownBy(() -> names(application))
                        .isInstanceOf(io.eventcore.EventStoreUnavailableException.class)
                        .hasMessageContaining("'2027'")
                        .hasMessageContaining("not configured"));
    }

    @Test
    void the_key_cache_is_measured() {
        with(Applications.withoutDatabase())
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(application -> {
                    append(application, "c-1");
                    names(application);
                    names(application);
                    MeterRegistry meters = application.getBean(MeterRegistry.class);
                    io.micrometer.core.instrument.binder.MeterBinder binder = application.getBean(
                            "eventStoreMeterBinder", io.micrometer.core.instrument.binder.MeterBinder.class);
                    binder.bindTo(meters);

                    assertThat(meters.get("eventcore.personal.data.keys")
                                    .tag("from", "store")
                                    .functionCounter()
                                    .count())
                            .isEqualTo(1);
                    assertThat(meters.get("eventcore.personal.data.cached.keys")
                                    .gauge()
                                    .value())
                            .isEqualTo(1);
                });
    }
}
