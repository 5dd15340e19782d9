package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.snapshot.Snapshot;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** The guide and the dashboard tell what a running application registers, neither more nor less. */
class ObservabilityTest {
    private static final Path GUIDE = Path.of("..", "docs", "guide", "observability.md");
    private static final Path DASHBOARD = Path.of("..", "docs", "grafana", "eventcore.json");
    private static final Path ALERTS = Path.of("..", "docs", "grafana", "alerts.yml");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(eventcore\\.[a-z.]+)` \\| ([a-z ]+) \\| ([^|]*) \\| [^|]+ \\|$");
    private static final Pattern SERIES = Pattern.compile("\\beventcore_[a-z_]+");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "never-to-be-told";
    private static final StreamId ADA = StreamId.of("account-ada");

    @Test
    void the_table_of_the_guide_is_what_a_running_application_registers() {
        metered().run(application -> {
            doEverything(application);

            Set<String> registered = application.getBean(MeterRegistry.class).getMeters().stream()
                    .map(Meter::getId)
                    .filter(id -> id.getName().startsWith("eventcore"))
                    .filter(id -> !isCompanion(id))
                    .map(ObservabilityTest::row)
                    .collect(Collectors.toCollection(TreeSet::new));

            assertThat(registered).isEqualTo(documented(Files.readString(GUIDE)));
        });
    }

    @Test
    void a_row_that_is_missing_or_wrong_is_noticed() {
        String table = "| `eventcore.append` | timer | `outcome`, `error` | x |\n| `eventcore.x.y` | gauge |  | y |\n";

        assertThat(documented(table))
                .containsExactly("eventcore.append|timer|[error, outcome]", "eventcore.x.y|gauge|[]");
    }

    @Test
    void the_dashboard_and_the_alerts_use_series_of_a_running_application() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        metered().withBean(MeterRegistry.class, () -> prometheus).run(application -> {
            doEverything(application);

            Set<String> scraped = names(prometheus.scrape().replaceAll("(?m)^#.*$", ""));
            Set<String> shown = names(Files.readString(DASHBOARD));

            assertThat(shown).isNotEmpty().isSubsetOf(scraped);
            assertThat(names(Files.readString(ALERTS))).hasSize(9).isSubsetOf(scraped);
            for (String row : documented(Files.readString(GUIDE))) {
                String name = row.substring(0, row.indexOf('|')).replace('.', '_');
                assertThat(shown).as("a panel about " + name).anyMatch(series -> series.startsWith(name));
            }
        });
    }

    @Test
    void a_series_that_does_not_exist_is_noticed() {
        assertThat(names("rate(eventcore_append_seconds_count[5m]) / eventcore_made_up"))
                .containsExactly("eventcore_append_seconds_count", "eventcore_made_up");
    }

    @Test
    void latencies_have_a_histogram_unless_the_application_says_otherwise() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        metered().withBean(MeterRegistry.class, () -> prometheus).run(application -> {
            Applications.assertWorks(application);
            assertThat(prometheus.scrape()).contains("eventcore_append_seconds_bucket");
        });

        PrometheusMeterRegistry without = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        metered()
                .withPropertyValues("management.metrics.distribution.percentiles-histogram.eventcore.append=false")
                .withBean(MeterRegistry.class, () -> without)
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(without.scrape())
                            .contains("eventcore_append_seconds_count", "eventcore_command_seconds_bucket")
                            .doesNotContain("eventcore_append_seconds_bucket");
                });
    }

    @Test
    void projections_that_look_at_the_log_several_times_a_second_are_not_counted_as_reads() {
        metered().run(application -> {
            doEverything(application);

            assertThat(application
                            .getBean(MeterRegistry.class)
                            .find("eventcore.read")
                            .timers())
                    .extracting(timer -> timer.getId().getTag("kind"))
                    .contains("streams")
                    .doesNotContain("log");
        });
    }

    @Test
    void the_values_are_those_of_what_was_done() {
        metered().run(application -> {
            doEverything(application);
            MeterRegistry meters = application.getBean(MeterRegistry.class);
            long events = application.getBean(EventStore.class).lastPosition().value();

            assertThat(meters.get("eventcore.command.conflicts")
                            .tag("command", "Contested")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(meters.get("eventcore.command.attempts")
                            .tag("command", "Contested")
                            .summary()
                            .max())
                    .isEqualTo(2);
            assertThat(meters.get("eventcore.command.boundary")
                            .tag("command", "Contested")
                            .summary()
                            .count())
                    .isEqualTo(2);
            assertThat(meters.get("eventcore.append.batch").summary().totalAmount())
                    .isGreaterThanOrEqualTo(3);
            assertThat(meters.get("eventcore.projection.events")
                            .tag("projection", "seen")
                            .counter()
                            .count())
                    .isEqualTo((double) events);
            assertThat(meters.get("eventcore.projection.latency")
                            .tag("projection", "seen")
                            .timer()
                            .count())
                    .isEqualTo(events);
            assertThat(meters.get("eventcore.append.oldest.in.flight")
                            .timeGauge()
                            .value())
                    .isZero();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(meters.get("eventcore.projection.parked.streams")
                                    .tag("projection", "parks")
                                    .gauge()
                                    .value())
                            .isEqualTo(1));
        });
    }

    private static ApplicationContextRunner metered() {
        AtomicBoolean interfered = new AtomicBoolean();
        return Applications.withH2()
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class,
                        ObservationAutoConfiguration.class))
                .withPropertyValues(
                        "eventcore.snapshots.after-events=1",
                        "eventcore.serialization.unknown-types=skip",
                        "eventcore.personal-data.master-key=2026:" + "A".repeat(43) + "=")
                .withBean("interfered", AtomicBoolean.class, () -> interfered)
                .withBean(
                        "seen",
                        Projection.class,
                        () -> Projection.named("seen", BankEvent.class).build())
                .withBean(
                        "parks",
                        Projection.class,
                        () -> Projection.named("parks", BankEvent.class)
                                .on(BankEvent.class, event -> {
                                    throw new IllegalStateException("not today");
                                })
                                .onError(failure -> FailureDecision.PARK)
                                .build())
                .withBean(
                        "late",
                        Reaction.class,
                        () -> Reaction.named("late", BankEvent.class)
                                .on(Deposited.class)
                                .after(Duration.ofDays(1))
                                .executeAll(event -> List.of())
                                .build());
    }

    /** Makes every meter show up: a conflict, a snapshot, a parked stream, and what is everyday. */
    private static void doEverything(ApplicationContext application) {
        EventStore store = application.getBean(EventStore.class);
        CommandExecutor commands = application.getBean(CommandExecutor.class);
        // Before its stream is known: of one that is, the conflict would be no attempt.
        commands.execute(new Contested(ADA, store, new AtomicBoolean()));
        commands.execute(new DepositMoney(ADA, 5));
        commands.execute(new Remembered(ADA));
        moveBoundary(store);
        store.streamVersion(ADA);
        readUnknown(application, "bank.removed");
        ProjectionRunner runner = application.getBean(ProjectionRunner.class);
        assertThat(runner.awaitPosition("seen", store.lastPosition(), PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(runner.awaitPosition("parks", store.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.PARKED);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(application
                                .getBean(MeterRegistry.class)
                                .find("eventcore.snapshots")
                                .counters())
                        .isNotEmpty());
    }

    /** Decides on a tag to which something comes that does not matter, and then something that does. */
    private static void moveBoundary(EventStore store) {
        EventTag client = EventTag.of("client", SECRET);
        EventQuery both = EventQuery.tagged(client).and("desk", SECRET);
        Boundary ofBoth = store.readEvents(both, BankEvent.class).boundary();
        Boundary ofClient =
                store.readEvents(EventQuery.tagged(client), Event.class).boundary();
        store.appendEvents(depositOf(client));

        store.appendEvents(depositOf(client).restingOn(ofBoth));
        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(depositOf(client).restingOn(ofClient)));
    }

    private static StreamWrites depositOf(EventTag client) {
        return StreamWrites.empty()
                .registerStream(ADA, ExpectedVersion.any())
                .append(new NewEvent(UUID.randomUUID(), ADA, new Deposited(ADA, 1)).withTags(Set.of(client)));
    }

    @Test
    void boundaries_that_moved_are_told_by_the_name_of_the_tag_alone() {
        metered().run(application -> {
            moveBoundary(application.getBean(EventStore.class));
            MeterRegistry meters = application.getBean(MeterRegistry.class);

            assertThat(meters.find("eventcore.append.boundary.moved").counters())
                    .extracting(
                            counter -> counter.getId().getTag("tag"),
                            counter -> counter.getId().getTag("outcome"),
                            counter -> counter.count())
                    .containsExactlyInAnyOrder(tuple("client", "saved", 1.0), tuple("client", "refused", 1.0));
            assertThat(meters.getMeters())
                    .flatExtracting(meter -> meter.getId().getTags())
                    .noneMatch(tag -> tag.getValue().contains(SECRET));
        });
    }

    /** Reads what no class has the name of. */
    private static void readUnknown(ApplicationContext application, String typeName) {
        assertThat(application
                        .getBean(EventSerializer.class)
                        .deserialize(
                                SerializedEvent.of(typeName, "{}".getBytes(StandardCharsets.UTF_8)),
                                new EventOrigin(UUID.randomUUID(), ADA, EventMetadata.empty(), Instant.EPOCH)))
                .isEmpty();
    }

    @Test
    void events_of_unknown_types_are_counted_by_their_names_as_far_as_there_are_not_too_many() {
        metered().run(application -> {
            MeterRegistry meters = application.getBean(MeterRegistry.class);
            for (int i = 0; i < 150; i++) {
                readUnknown(application, "bank.removed-" + i);
                readUnknown(application, "bank.removed-" + i);
            }

            assertThat(meters.find("eventcore.events.skipped").counters()).hasSize(101);
            assertThat(meters.get("eventcore.events.skipped")
                            .tag("type", "bank.removed-7")
                            .counter()
                            .count())
                    .isEqualTo(2);
            assertThat(meters.get("eventcore.events.skipped")
                            .tag("type", "others")
                            .counter()
                            .count())
                    .isEqualTo(100);
        });
    }

    /** Is overtaken once, between reading and appending. */
    private record Contested(@Stream StreamId account, EventStore store, AtomicBoolean overtaken)
            implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BankEvent event) {
            return balance + 1;
        }

        @Override
        public List<BankEvent> handle(Long balance) {
            if (overtaken.compareAndSet(false, true)) {
                store.appendEvents(StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, 1)));
            }
            return List.of(new Deposited(account, 2));
        }
    }

    /** Has a snapshot. */
    @Snapshot(name = "test.remembered", version = 1)
    private record Remembered(@Stream StreamId account) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BankEvent event) {
            return balance + 1;
        }

        @Override
        public List<BankEvent> handle(Long balance) {
            return List.of(new Deposited(account, 3));
        }
    }

    /** What Micrometer registers by itself beside the timer of an observation: how many are under way. */
    private static boolean isCompanion(Meter.Id id) {
        return id.getType() == Meter.Type.LONG_TASK_TIMER && id.getName().endsWith(".active");
    }

    private static String row(Meter.Id id) {
        String kind = id.getType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        Set<String> tags = id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
        return id.getName() + "|" + kind + "|" + tags;
    }

    private static Set<String> documented(String page) {
        Set<String> rows = new TreeSet<>();
        Matcher row = ROW.matcher(page);
        while (row.find()) {
            Set<String> tags = Pattern.compile("`([a-z]+)`")
                    .matcher(row.group(3))
                    .results()
                    .map(tag -> tag.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
            rows.add(row.group(1) + "|" + row.group(2) + "|" + tags);
        }
        return rows;
    }

    private static Set<String> names(String text) {
        return SERIES.matcher(text)
                .results()
                .map(found -> found.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
