package io.eventcore.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.browser.Chromium;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.console.earlier.SeatCleaned;
import io.eventcore.console.tickets.Tickets;
import io.eventcore.console.tickets.Tickets.PaySeat;
import io.eventcore.console.tickets.Tickets.ReserveSeat;
import io.eventcore.console.tickets.Tickets.Switches;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The console in a real Chromium, on a real application. Pictures are in {@code target/screenshots}, to be looked at. */
@Tag("console")
class ConsolePageTest {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String IN_ID = "secretinid";
    private static final String IN_PAYLOAD = "secretinpayload";
    private static final String IN_METADATA = "secretinmetadata";
    private static final String IN_CORRELATION = "secretincorrelation";
    private static final List<String> SECRETS = List.of(IN_ID, IN_PAYLOAD, IN_METADATA, IN_CORRELATION);
    private static final StreamId FIRST = StreamId.of("seat-" + IN_ID + "-1");
    private static final StreamId BROKEN = StreamId.of("seat-" + IN_ID + "-broken-" + "9".repeat(60));
    private static final String[] SHOWN = {
        "eventcore.endpoint.show-stream-ids=true",
        "eventcore.endpoint.show-payloads=true",
        "eventcore.endpoint.show-metadata=true"
    };
    private static final String CLOSED = "management.endpoint.eventcore.access=none";
    private static final String UNRESTRICTED = "management.endpoint.eventcore.access=unrestricted";

    @TempDir
    private static Path folder;

    private static Chromium page;

    // Each test starts its own, with its own properties.
    @SuppressWarnings("NullAway.Init")
    private ConfigurableApplicationContext application;

    /** Where the events of a test are. */
    enum On {
        H2 {
            @Override
            String database() {
                return "jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID());
            }
        },
        POSTGRESQL {
            @Override
            String database() throws IOException {
                EmbeddedPostgres started = EmbeddedPostgres.builder().start();
                server = started;
                return started.getJdbcUrl("postgres", "postgres");
            }
        };

        private static @Nullable EmbeddedPostgres server;

        abstract String database() throws IOException;

        static void stop() throws IOException {
            EmbeddedPostgres started = server;
            if (started != null) {
                started.close();
                server = null;
            }
        }
    }

    @BeforeAll
    static void openTheBrowser() throws IOException {
        page = Chromium.start(folder);
    }

    @AfterAll
    static void closeTheBrowser() {
        page.close();
    }

    @AfterEach
    void stop() throws IOException {
        application.close();
        On.stop();
    }

    @ParameterizedTest
    @CsvSource({"390, H2", "1280, POSTGRESQL"})
    void a_person_sees_all_that_happens_and_acts(int width, On store) throws IOException {
        start(store, SHOWN, UNRESTRICTED);
        open(width, "");

        page.await("it is live", "live.innerText === 'live'");
        page.await("all that runs is there", "document.querySelectorAll('.rows li').length === 4");
        page.await("a second look has made a rate", "document.querySelector('.plot .now').innerText !== '–'");
        assertThat(page.text(".health")).isNotBlank();
        look("overview", width);

        followTheLog(width);
        lookAtOneEvent(width);
        lookAtAStream(width);
        lookAtTypes(width);
        actOnAProjection(width);
        actOnAReaction(width);

        assertThat(page.complaints()).isEmpty();
    }

    private void followTheLog(int width) throws IOException {
        go("Log");
        page.await("there are events", rows(".events li") + " > 10");
        application.getBean(CommandExecutor.class).execute(new PaySeat(FIRST));
        page.await("a new event slides in", "%s === 'seat.paid'".formatted(first(".events li.new .type")));
        look("log", width);

        page.type("#filter-type", "seat.cleaned");
        page.press("Enter");
        page.await("only events of that type are there", rows(".events li") + " === 1");
        assertThat(page.text(".events .type")).isEqualTo("seat.cleaned");
        page.click(".filters button[type=reset]");
        page.await("all are there again", rows(".events li") + " > 10");
        page.type("#filter-prefix", "seat-" + IN_ID + "-br");
        page.press("Enter");
        page.await(
                "only events of that stream are there",
                "[...document.querySelectorAll('.events .of')].length > 0 && [...document.querySelectorAll('.events"
                        + " .of')].every((of) => of.innerText.includes('-broken-'))");
        page.type("#filter-prefix", "nothing-begins-like-this");
        page.press("Enter");
        page.await("nothing matches", "/No event matches/.test(document.querySelector('.empty').innerText)");
        page.click(".filters button[type=reset]");
        page.await("all are there again", rows(".events li") + " > 10");
    }

    private void lookAtOneEvent(int width) throws IOException {
        page.type("#filter-type", "seat.reserved");
        page.press("Enter");
        page.await(
                "only reservations are there",
                "[...document.querySelectorAll('.events .type')].every((type) => type.innerText === 'seat.reserved')");
        page.click(".events li:last-child a");
        page.await("the event is there", "document.activeElement.innerText === 'seat.reserved'");
        assertThat(page.text(".details")).contains("\"guest\": \"Ada " + IN_PAYLOAD, "\"actor\": \"" + IN_METADATA);
        page.await("its story is there", rows(".tree .node") + " > 2");
        assertThat(page.text(".tree")).contains("seat.reserved", "seat.reminded", "read by ");
        look("event", width);
    }

    private void lookAtAStream(int width) throws IOException {
        page.click(".details dd a");
        page.await("the stream is there", "%s === '%s'".formatted(first(".stream-title"), FIRST));
        page.await("its state is there", "/\"guest\": \"Ada/.test(document.querySelector('.states')?.innerText)");
        page.evaluate("document.querySelector('#version').focus()");
        long version = version();
        page.press("ArrowRight");
        page.await(
                "the version after it is there",
                "Number(document.querySelector('#version').value) === " + (version + 1));
        page.await("its address says so", "location.hash.includes('version=%d')".formatted(version + 1));
        page.await(
                "the time line has come along",
                "%s === 'v%d'".formatted(first(".timeline .current button"), version + 1));
        page.click("#compare");
        page.await("what has changed is there", rows(".diff .added") + " > 0");
        assertThat(page.text("#marks-text")).contains("Snapshots at version");
        look("stream", width);

        page.open(address("#/streams"), width, "light");
        page.await("streams of the newest events are there", rows(".streams li") + " > 1");
        page.type("#stream-prefix", "seat-" + IN_ID);
        page.press("Enter");
        page.await("streams are found", rows(".streams li") + " > 1");
        look("streams", width);
        page.type("#stream-prefix", "no-such-stream");
        page.press("Enter");
        page.await("none is found", "/No stream begins like that/.test(document.querySelector('main').innerText)");
    }

    private void lookAtTypes(int width) throws IOException {
        go("Types");
        page.await("all are counted", "/Counted all/.test(document.querySelector('.reach').innerText)");
        assertThat(page.text(".unreadable")).contains("seat.cleaned", "unreadable");
        assertThat(page.text("table")).contains("seat.reserved", "SeatReserved");
        look("types", width);
        page.click(".unreadable a");
        page.await("the event says why", "/unreadable/.test(document.querySelector('.details .bad')?.innerText)");
    }

    private void actOnAProjection(int width) throws IOException {
        go("Projections");
        page.await("the projection is there", card("guests") + " !== undefined");
        page.click("a[href=\"#/projections?name=guests\"]");
        page.await("what is parked is there", rows(".open tbody tr") + " > 0");
        assertThat(page.text(".open tbody")).contains("IllegalStateException");
        look("projection", width);

        page.click(".open tbody .danger-text");
        page.await("it asks", "question.open");
        assertThat(page.text("#question-text")).contains("discards", "cannot be undone");
        assertThat(page.evaluate("document.activeElement.id").asString()).isEqualTo("question-no");
        look("question", width);
        page.press("Escape");
        page.await("it does not insist", "!question.open");
        assertThat(page.evaluate(rows(".open tbody tr")).asLong()).isPositive();

        application.getBean(Switches.class).broken.set(false);
        page.click(".open tbody button");
        page.await("it asks", "question.open");
        page.click("#question-yes");
        page.await("it has been asked for", "/'guests' retries it. .*1 parked stream/.test(message.innerText)");
        page.await("nothing is parked any more", "/Nothing is parked/.test(document.querySelector('.open').innerText)");

        press("guests", "pause");
        page.await("it is paused", state("guests") + " === 'paused'");
        press("guests", "resume");
        page.await("it goes on", state("guests") + " === 'live'");
        press("guests", "reset");
        page.await("it is built anew", "/'guests' is being rebuilt/.test(message.innerText)");
        page.await("it has caught up", state("guests") + " === 'live'");
    }

    private void actOnAReaction(int width) throws IOException {
        go("Reactions");
        page.await("both are there", rows(".card") + " === 2");
        page.click("a[href=\"#/reactions?name=remind-at-once\"]");
        page.await("a deadline is parked", "/Parked deadlines/.test(document.querySelector('.open')?.innerText)");
        look("reaction", width);
        page.click(".open tbody .danger-text");
        page.await("it asks", "question.open");
        assertThat(page.text("#question-text")).contains("Its command will never be executed");
        page.click("#question-yes");
        page.await("it is given up", "!/Parked deadlines/.test(document.querySelector('.open')?.innerText)");
        page.click("a[href=\"#/reactions?name=remind-tomorrow\"]");
        page.await("deadlines are there", "/Next deadlines/.test(document.querySelector('.open')?.innerText)");
        look("deadlines", width);
    }

    @ParameterizedTest
    @ValueSource(ints = {390, 1280})
    void nothing_that_is_hidden_is_in_any_view(int width) throws IOException {
        start(On.H2, UNRESTRICTED);
        open(width, "");
        page.await("it is live", "live.innerText === 'live'");
        isClean("overview");
        go("Log");
        page.await("there are events", rows(".events li") + " > 10");
        assertThat(page.evaluate("document.querySelector('#filter-prefix').disabled"
                                + " && document.querySelector('#filter-correlation').disabled")
                        .asBoolean())
                .isTrue();
        says("show-stream-ids", "show-payloads", "show-metadata");
        isClean("log");
        look("log-hidden", width);
        page.click(".events li:last-child a");
        page.await("the event is there", "/Payload/.test(document.querySelector('.details').innerText)");
        assertThat(page.text(".details")).contains("show-payloads", "show-metadata");
        isClean("event");
        look("event-hidden", width);
        page.click(".details dd a");
        page.await("the stream is there", rows(".timeline li") + " > 0");
        says("show-stream-ids", "show-payloads");
        isClean("stream");
        look("stream-hidden", width);
        page.open(address("#/streams"), width, "light");
        page.await(
                "the view says why it is empty",
                "/while their ids are hidden/.test(document.querySelector('main').innerText)");
        says("show-stream-ids");
        isClean("streams");
        look("streams-hidden", width);
        page.type("#stream-position", "2");
        page.press("Enter");
        page.await("a position leads to a stream", rows(".timeline li") + " > 0");
        isClean("stream by position");
        go("Projections");
        page.await("the projection is there", card("guests") + " !== undefined");
        page.click("a[href=\"#/projections?name=guests\"]");
        page.await("what is parked is there", rows(".open tbody tr") + " > 0");
        says("show-stream-ids");
        isClean("projections");
        go("Reactions");
        page.await("both are there", rows(".card") + " === 2");
        page.click("a[href=\"#/reactions?name=remind-at-once\"]");
        page.await("a deadline is parked", rows(".open tbody tr") + " > 0");
        isClean("reactions");
        go("Types");
        page.await("all are counted", "/Counted all/.test(document.querySelector('.reach').innerText)");
        isClean("types");
        assertThat(page.complaints()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "404, The endpoint 'eventcore' is closed",
        "401, Sign in to the application",
        "403, You may not see this",
        "500, The application answered 500"
    })
    void what_keeps_it_from_data_is_said_in_words_and_it_goes_on_when_that_is_over(int status, String words)
            throws IOException {
        start(On.H2);
        Switches switches = application.getBean(Switches.class);
        switches.status.set(status);
        open(390, "#/log");

        page.await("it says why", "trouble.innerText.includes(\"%s\")".formatted(words));
        assertThat(page.text("#live")).isEqualTo("no data");
        assertThat(page.text("#trouble")).contains("Trying again every");
        look("trouble-" + status, 390);

        switches.status.set(0);
        page.await("it goes on by itself", "live.innerText === 'live' && !trouble.innerText");
        page.await("there are events", rows(".events li") + " > 10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "#/log", "#/streams", "#/projections", "#/reactions", "#/types"})
    void a_store_that_is_down_is_said_in_words_and_every_view_goes_on_when_it_is_back(String view) throws IOException {
        start(On.H2, SHOWN);
        Switches switches = application.getBean(Switches.class);
        switches.down.set(true);
        open(1280, view);

        page.await("it says why", "/The event store does not answer/.test(trouble.innerText)");
        look("down-" + view.replaceAll("\\W", ""), 1280);

        switches.down.set(false);
        page.await("it goes on by itself", "live.className === 'good' && !trouble.innerText");
        page.await("there is something to see", rows("main li, main tr") + " > 1");
    }

    @Test
    void an_application_that_is_gone_is_said() throws IOException {
        start(On.H2);
        open(390, "");
        page.await("it is live", "live.innerText === 'live'");

        application.close();

        page.await("it says so", "/The application does not answer/.test(trouble.innerText)");
        assertThat(page.evaluate(rows(".rows li")).asLong())
                .as("what was known stays")
                .isEqualTo(4);
    }

    @Test
    void a_console_without_its_endpoint_says_so() throws IOException {
        start(On.H2, CLOSED);
        open(390, "");

        page.await(
                "it says so",
                "/'eventcore' is closed. Add it to management.endpoints.web.exposure.include/.test(trouble.innerText)");
    }

    @Test
    void a_console_that_is_read_only_says_so_and_has_no_buttons() throws IOException {
        start(On.H2);
        open(1280, "#/projections");

        page.await(
                "it says so",
                "/Read-only: management.endpoint.eventcore.access/.test(document.querySelector('main').innerText)");
        page.await("the projections are there", rows(".card") + " === 2");
        assertThat(page.evaluate(rows(".card button")).asLong()).isZero();
        look("read-only", 1280);
    }

    @ParameterizedTest
    @CsvSource({"403, You may not change anything here", "405, The console is read-only"})
    void an_action_that_is_refused_is_said_in_words(int status, String words) throws IOException {
        start(On.H2, UNRESTRICTED);
        Switches switches = application.getBean(Switches.class);
        switches.onlyActions.set(true);
        open(1280, "#/projections");
        page.await("the projections are there", rows(".card button") + " > 0");
        switches.status.set(status);

        press("guests", "pause");

        page.await("it says why", "message.innerText.includes('%s')".formatted(words));
        assertThat(page.evaluate(state("guests")).asString()).isNotEqualTo("paused");
    }

    @Test
    void all_of_it_is_reached_by_keyboard() throws IOException {
        start(On.H2, UNRESTRICTED);
        open(1280, "");
        page.await("it is live", "live.innerText === 'live'");
        page.evaluate("document.querySelector('nav a').focus()");
        page.press("Tab");
        assertThat(page.evaluate("document.activeElement.innerText").asString()).isEqualTo("Log");
        assertThat(page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                        .asString())
                .as("the focus is seen")
                .isEqualTo("solid");
        page.press("Enter");
        page.await("the view is there, and begins at its title", "document.activeElement.innerText === 'Log'");
        page.await("there are events", rows(".events li") + " > 10");
        page.evaluate("document.querySelector('.events a').focus()");
        page.press("Enter");
        page.await("the event has the focus", "document.activeElement.closest('.details') !== null");
    }

    private void start(On store, String... properties) throws IOException {
        start(store, properties, new String[0]);
    }

    private void start(On store, String[] some, String... others) throws IOException {
        String database = store.database();
        String[] always = {
            "server.port=0",
            "server.address=127.0.0.1",
            "spring.datasource.url=" + database,
            "spring.datasource.hikari.connection-timeout=2000",
            "eventcore.jdbc.initialize-schema=always",
            "eventcore.snapshots.after-events=5",
            "management.endpoints.web.exposure.include=eventcoreconsole"
                    + (Stream.of(some).anyMatch(property -> property.equals(CLOSED)) ? "" : ",eventcore")
        };
        try (ConfigurableApplicationContext earlier = new SpringApplicationBuilder(Tickets.class)
                .web(WebApplicationType.NONE)
                .run(arguments(always, "tickets.earlier-release=true", "eventcore.projections.enabled=false"))) {
            StreamId stream = StreamId.of("seat-" + IN_ID + "-cleaned");
            earlier.getBean(EventStore.class)
                    .appendEvents(StreamWrites.empty()
                            .registerStream(stream, ExpectedVersion.any())
                            .append(new SeatCleaned(stream)));
        }
        application = new SpringApplicationBuilder(Tickets.class)
                .run(arguments(
                        always, Stream.of(some, others).flatMap(Stream::of).toArray(String[]::new)));
        CommandExecutor commands = application.getBean(CommandExecutor.class);
        for (int i = 1; i <= 8; i++) {
            commands.execute(
                    new ReserveSeat(FIRST, "Ada " + IN_PAYLOAD + " " + i),
                    CommandContext.empty().withActor(IN_METADATA).withCorrelationId(IN_CORRELATION + i));
        }
        commands.execute(new PaySeat(FIRST));
        commands.execute(new ReserveSeat(BROKEN, "Broken " + IN_PAYLOAD));
    }

    private static String[] arguments(String[] some, String... others) {
        return Stream.of(some, others)
                .flatMap(Stream::of)
                .map(property -> "--" + property)
                .toArray(String[]::new);
    }

    private String address(String view) {
        return "http://127.0.0.1:%s/actuator/eventcoreconsole%s"
                .formatted(application.getEnvironment().getProperty("local.server.port"), view);
    }

    private void open(int width, String view) {
        page.open(address(view), width, "light");
    }

    private void go(String view) {
        page.click("nav a[href=\"#/%s\"]".formatted(view.toLowerCase(Locale.ROOT)));
        page.await("the view is there", "%s === '%s'".formatted(first("h1"), view));
    }

    /** As a person looks: by day and by night, at all of it. */
    private void look(String name, int width) throws IOException {
        page.fits();
        page.isLabelled();
        for (String scheme : new String[] {"dark", "light"}) {
            page.scheme(scheme);
            page.isReadable();
            page.photograph(PICTURES.resolve("console-%s-%d-%s.png".formatted(name, width, scheme)));
        }
    }

    private void isClean(String view) {
        String all = page.evaluate("document.documentElement.outerHTML"
                        + " + [...document.querySelectorAll('input')].map((input) => input.value) + location.href"
                        + " + JSON.stringify({ ...sessionStorage, ...localStorage })")
                .asString();
        assertThat(SECRETS).as(view).noneMatch(all::contains);
        assertThat(all).as(view).doesNotContain("secret-in-exception");
    }

    private void says(String... properties) {
        assertThat(page.text(".hidden-note")).contains(properties);
    }

    private void press(String projection, String action) {
        String button = card(projection) + "?.querySelector('[data-action=%s]')".formatted(action);
        page.await("the button is there", button + " != null");
        page.evaluate(button + ".click()");
        page.await("it asks", "question.open");
        page.click("#question-yes");
    }

    private static String card(String projection) {
        return "[...document.querySelectorAll('.card')].find((card) => card.querySelector('h2').innerText === '%s')"
                .formatted(projection);
    }

    private static String state(String projection) {
        return card(projection) + ".querySelector('.state').innerText";
    }

    private static String rows(String selector) {
        return "document.querySelectorAll('%s').length".formatted(selector);
    }

    private static String first(String selector) {
        return "document.querySelector('%s')?.innerText".formatted(selector);
    }

    private static long version() {
        return page.evaluate("document.querySelector('#version').value").asLong();
    }
}
