package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Answers.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.SchemaException;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.Upcaster;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Each mistake that stops a start is explained, with what to do; here the explanations are read aloud. Those about the
 * choice of a data source are in {@link StoreSelectionTest}.
 */
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalysesTest {
    private static final String NEVER = "eventcore.jdbc.initialize-schema=never";

    private static final String ANOTHER_NAME =
            "Give one of them another name. The one that keeps its name continues at its checkpoint; the other one"
                    + " begins at the first event.";

    private static final String NO_VERSIONS =
            ANOTHER_NAME + " A reaction with a new name executes all of its commands again, as new ones; reactions"
                    + " have no versions.";

    @EventType("bank.deposited")
    private record Impostor() implements Event {}

    @EventType("bank.lost")
    private record Lost(StreamId streamId) implements Event {}

    @Test
    void the_tables_are_missing() {
        assertExplained(
                Applications.withH2().withPropertyValues(NEVER),
                "The tables of the event store are missing or not readable.",
                "Run classpath:io/eventcore/jdbc/schema-h2.sql (it is an ordinary script for Flyway, Liquibase or your"
                        + " client), or set eventcore.jdbc.initialize-schema=always to let the application create what"
                        + " is missing. If the tables exist, check that this user may read them, and that"
                        + " eventcore.jdbc.schema and eventcore.jdbc.table-prefix are right.");
    }

    @Test
    void the_property_that_would_create_the_tables_is_misspelt(CapturedOutput output) {
        SpringApplicationBuilder application = new SpringApplicationBuilder(ViewsOverHttp.Application.class);

        assertThatThrownBy(() -> application.run(
                        "--spring.main.web-application-type=none",
                        "--spring.datasource.url=" + Applications.newH2(),
                        "--eventcore.event-packages=io.eventcore.autoconfigure.notes",
                        "--eventcore.jdbc.initialize-schema=never",
                        "--eventcore.jdbc.initialise-schema=always"))
                .hasStackTraceContaining(SchemaException.class.getName());

        assertThat(output)
                .contains(
                        "APPLICATION FAILED TO START",
                        "Action:\n\nThe property 'eventcore.jdbc.initialise-schema' does not exist; did you mean"
                                + " 'eventcore.jdbc.initialize-schema'? Run classpath:");
    }

    @Test
    void no_class_was_found_for_the_events_of_a_projection() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean(
                                "lost",
                                Projection.class,
                                () -> Projection.named("lost", Lost.class)
                                        .on(Lost.class, event -> {})
                                        .build()),
                ("Projection 'lost' reads events of the type %1$s, and none can be read: No registered event class is"
                                + " a %1$s: add it, or the classes below it, to the event types. With Spring Boot, add its package"
                                + " %2$s to eventcore.event-packages, or the class by an EventTypesCustomizer.")
                        .formatted(Lost.class.getName(), Lost.class.getPackageName()),
                "Event classes are looked for in the package of the application class and below it, or, if"
                        + " eventcore.event-packages is set, only in those that it names: name the package of the application there as"
                        + " well as that of the event class. Or register the class in an EventTypesCustomizer bean.");
    }

    @Test
    void the_tables_are_too_old() {
        assertExplained(
                withSettings("schema_version = 0"),
                "The tables of the event store have version 0, this library works with version 1 and later.",
                "Run the numbered scripts beside classpath:io/eventcore/jdbc/schema-h2.sql, in order and each once,"
                        + " from the version of the tables to one that this library works with. The library never"
                        + " upgrades tables by itself.");
    }

    @Test
    void the_tables_are_too_new() {
        assertExplained(
                withSettings("schema_version = 99, compatible_from = 99"),
                "The tables of the event store have version 99 and need a library that knows version 99, this one knows"
                        + " version " + JdbcSchema.version() + ".",
                "A newer release has upgraded the tables, to a version that older ones cannot write to: upgrade the"
                        + " library in this application too.");
    }

    @Test
    void the_log_is_ordered_in_another_way() {
        assertExplained(
                withSettings("order_strategy = 'in-flight-lock'"),
                "The event store orders its log by 'in-flight-lock', this library by 'counter-row': together they would"
                        + " lose events.",
                "Do not mix the two: either this is the wrong database, or the row in the settings table was changed by"
                        + " hand; restore its former value.");
    }

    @Test
    void the_log_was_set_back() {
        String url = Applications.newH2();
        Applications.withDatabase(url).run(Applications::assertWorks);
        JdbcClient.create(h2(url, ""))
                .sql("UPDATE eventcore_position SET position = 0")
                .update();

        assertExplained(
                Applications.withDatabase(url),
                "The log has reached position 1, but 0 counts as the last one given to an append: it was set back.",
                "After a restore by hand, set the last position to the highest in the log before the next append:"
                        + " readers have already passed the positions that would be used again.");
    }

    @Test
    void the_tables_cannot_be_created() {
        assertExplained(
                Applications.withH2().withPropertyValues("eventcore.jdbc.schema=nowhere"),
                "The tables of the event store could not be created by classpath:io/eventcore/jdbc/schema-h2.sql"
                        + " (Schema \"NOWHERE\" not found).",
                "A schema named by eventcore.jdbc.schema must exist. If this user may not create tables, let their"
                        + " owner run classpath:io/eventcore/jdbc/schema-h2.sql and set"
                        + " eventcore.jdbc.initialize-schema=never.");
    }

    @ParameterizedTest
    @CsvSource({"eventcore.jdbc.table-prefix, order", "eventcore.jdbc.schema, user"})
    void a_name_is_a_reserved_word(String property, String word) {
        Applications.withH2().withPropertyValues(property + "=" + word).run(application -> {
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription()).contains(property, "'" + word + "'", "reserved word");
        });
    }

    @Test
    void the_database_cannot_be_reached() {
        ApplicationContextRunner wrongPassword = Applications.withDatabase(Applications.newH2())
                .withBean(DataSource.class, () -> {
                    String url = Applications.newH2();
                    JdbcSchema.in(h2(url, "right")).create();
                    return h2(url, "wrong");
                });

        wrongPassword.run(application -> {
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription())
                    .startsWith("No connection to the event store's database (Wrong user name or password");
            assertThat(analysis.getAction())
                    .isEqualTo("Check that the database of spring.datasource.url is up and accepts this user. The event"
                            + " store checks its tables when the application starts, because it could lose events in"
                            + " tables of an unknown version.");
        });
    }

    @Test
    void the_database_is_of_a_kind_that_is_not_supported() {
        ApplicationContextRunner oracle =
                Applications.withoutDatabase().withBean(DataSource.class, FailureAnalysesTest::calledOracle);

        oracle.run(application -> {
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription()).startsWith("The event store does not know the database Oracle");
            assertThat(analysis.getAction())
                    .isEqualTo("Use one of the supported databases, set eventcore.store=in-memory for an event store"
                            + " that loses everything when the application ends, or define a bean of type EventStore"
                            + " yourself.");
        });
    }

    @Test
    void two_event_classes_have_one_name() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean(EventTypesCustomizer.class, () -> types -> types.register(Impostor.class)),
                "Two event classes claim the stored name 'bank.deposited':%n%n    %s%n    %s%n"
                        .formatted("io.eventcore.autoconfigure.bank.BankEvent$Deposited", Impostor.class.getName()),
                "Give one of them another name with @EventType. If events of it are stored already, keep their name and"
                        + " rename the other one.");
    }

    @Test
    void two_upcasters_begin_at_one_name() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean(
                                "ours",
                                Upcaster.class,
                                () -> Upcaster.from("bank.old").to("bank.deposited", OldEvent::json))
                        .withBean(
                                "yours",
                                Upcaster.class,
                                () -> Upcaster.from("bank.old").toNothing()),
                "Two upcasters begin at the stored name 'bank.old': one from 'bank.old' to 'bank.deposited' (%s), one from"
                                .formatted(FailureAnalysesTest.class.getName())
                        + " 'bank.old' to nothing.",
                "Combine them into one, or let the second begin where the first one ends.");
    }

    @Test
    void an_upcaster_leads_nowhere() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean(
                                Upcaster.class, () -> Upcaster.from("bank.old").to("bank.deposted", OldEvent::json)),
                "The upcaster from 'bank.old' to 'bank.deposted' (%s) leads to 'bank.deposted', which neither an event class"
                                .formatted(FailureAnalysesTest.class.getName())
                        + " nor another upcaster reads.",
                "Correct the name, register the class of that name (with Spring Boot, its package must be among"
                        + " eventcore.event-packages), or add the next upcaster.");
    }

    @Test
    void event_types_of_the_applications_own_lack_an_upcaster() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean(EventTypes.class, () -> EventTypes.of(BankEvent.class))
                        .withBean(
                                Upcaster.class, () -> Upcaster.from("bank.old").toNothing()),
                "There is an upcaster from 'bank.old' to nothing, but the event types were built without it.",
                "Add it to the EventTypes.Builder of your own event types, or let the library build the event types.");
    }

    @Test
    void two_projections_have_one_name() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean("ours", Projection.class, FailureAnalysesTest::balances)
                        .withBean("yours", Projection.class, FailureAnalysesTest::balances),
                ("Two projections are called 'balances', and their checkpoint is stored under that name. Beans with"
                                + " that name:%n%n    projection 'ours' (%s)%n    projection 'yours' (%s)%n")
                        .formatted(
                                balances().getClass().getName(),
                                balances().getClass().getName()),
                ANOTHER_NAME + " If one replaces the other, give it the same name and a greater version().");
    }

    @Test
    void two_reactions_have_one_name() {
        assertExplained(
                Applications.withoutDatabase()
                        .withBean("ours", Reaction.class, FailureAnalysesTest::answering)
                        .withBean("yours", Reaction.class, FailureAnalysesTest::answering),
                ("Two reactions are called 'balances', and their checkpoint is stored under that name. Beans with that"
                                + " name:%n%n    reaction 'ours' (%s)%n    reaction 'yours' (%s)%n")
                        .formatted(
                                answering().getClass().getName(),
                                answering().getClass().getName()),
                NO_VERSIONS);
    }

    private static Reaction<BankEvent> answering() {
        return Reaction.named("balances", BankEvent.class)
                .on(Deposited.class, event -> List.of())
                .build();
    }

    @Test
    void a_projection_and_a_reaction_have_one_name() {
        Reaction<BankEvent> reaction = answering();

        assertExplained(
                Applications.withoutDatabase()
                        .withBean("ours", Projection.class, FailureAnalysesTest::balances)
                        .withBean("yours", Reaction.class, () -> reaction),
                ("A projection and a reaction are called 'balances', and their checkpoint is stored under that name."
                                + " Beans with that name:%n%n    projection 'ours' (%s)%n    reaction 'yours' (%s)%n")
                        .formatted(
                                balances().getClass().getName(),
                                reaction.getClass().getName()),
                NO_VERSIONS);
    }

    private static Projection<BankEvent> balances() {
        return Projection.named("balances", BankEvent.class)
                .on(Deposited.class, event -> {})
                .build();
    }

    private static ApplicationContextRunner withSettings(String settings) {
        String url = Applications.newH2();
        DataSource dataSource = h2(url, "");
        JdbcSchema.in(dataSource).create();
        JdbcClient.create(dataSource)
                .sql("UPDATE eventcore_settings SET " + settings)
                .update();
        return Applications.withDatabase(url);
    }

    private static void assertExplained(ApplicationContextRunner runner, String description, String action) {
        runner.run(application -> {
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription()).isEqualTo(description);
            assertThat(analysis.getAction()).isEqualTo(action);
        });
    }

    private static JdbcDataSource h2(String url, String password) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL(url);
        dataSource.setUser("sa");
        dataSource.setPassword(password);
        return dataSource;
    }

    /** A database that gives itself another name. */
    private static DataSource calledOracle() {
        try {
            DataSource dataSource = mock(DataSource.class, RETURNS_DEEP_STUBS);
            when(dataSource.getConnection().getMetaData().getDatabaseProductName())
                    .thenReturn("Oracle");
            return dataSource;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
