package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.browser.Chromium;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The page of the bank in a real Chromium. Pictures are in {@code target/screenshots}, to be looked at. */
@Tag("console")
class BankPageTest {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String NARROW_NAME =
            "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepf";
    private static final String WIDE_NAME =
            "Pablo Diego Jos\u00e9 Francisco de Paula Juan Nepomuceno Cipriano de la Sant\u00edsima Trinidad Ruiz y Picasso";

    @TempDir
    private static Path folder;

    private static ConfigurableApplicationContext shared;
    private static Chromium page;

    private ConfigurableApplicationContext application;
    private BankClient bank;

    @BeforeAll
    static void start() throws IOException {
        shared = emptyBank();
        page = Chromium.start(folder);
    }

    @BeforeEach
    void useTheSharedBank() {
        application = shared;
        bank = new BankClient(port(shared));
    }

    @AfterAll
    static void stop() {
        page.close();
        shared.close();
    }

    private void useAnEmptyBank() {
        application = emptyBank();
        bank = new BankClient(port(application));
    }

    @AfterEach
    void closeTheBankOfThisTest() {
        if (application != shared) {
            application.close();
        }
    }

    private static ConfigurableApplicationContext emptyBank() {
        return new SpringApplicationBuilder(BankApplication.class)
                .run(
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--spring.datasource.url=jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()));
    }

    private static int port(ConfigurableApplicationContext application) {
        return Objects.requireNonNull(((WebServerApplicationContext) application).getWebServer())
                .getPort();
    }

    private void open(int width) {
        page.open("http://127.0.0.1:%d/".formatted(port(application)), width, "light");
    }

    @ParameterizedTest
    @ValueSource(ints = {390, 1280})
    void a_person_opens_accounts_moves_money_and_sees_what_is_stored(int width) throws IOException {
        useAnEmptyBank();
        open(width);
        page.await("the page says that there is nothing", "!document.querySelector('#no-accounts').hidden");
        page.photograph(PICTURES.resolve("bank-empty-" + width + ".png"));

        // By keyboard alone.
        page.evaluate("document.querySelector('#owner').focus()");
        page.type("Ada");
        page.press("Enter");
        awaitMessage("Ada has an account now.");
        assertThat(focused()).isEqualTo("owner");
        page.type("Bob");
        page.press("Tab");
        page.press("Enter");
        awaitMessage("Bob has an account now.");
        page.await("both can be chosen", "document.querySelector('#from').options.length === 2");

        page.choose("#book-account", "Ada");
        page.type("#book-amount", "12,50");
        page.press("Enter");
        awaitMessage("Ada has deposited 12.50.");
        page.await("the balance comes from the projection", "%s === '12.50'".formatted(balance("Ada")));
        page.await("the projection has caught up", "/0 events behind/.test(projection.innerText)");

        // Refused by the page, by a rule of the bank, and by the form of the request: each is said at its field.
        page.choose("#from", "Ada");
        page.choose("#to", "Bob");
        page.type("#transfer-amount", "four");
        page.press("Enter");
        awaitFieldError("transfer-amount", "Give a number with two decimals at most");
        page.type("#transfer-amount", "0");
        page.press("Enter");
        awaitFieldError("transfer-amount", "Must be at least 1 cent");
        page.type("#transfer-amount", "12.51");
        page.press("Enter");
        awaitFieldError("transfer-amount", "Account of Ada does not hold that much");
        page.photograph(PICTURES.resolve("bank-refused-" + width + ".png"));
        page.choose("#to", "Ada");
        page.press("Enter");
        awaitFieldError("to", "Account of Ada cannot send money to itself");

        page.choose("#to", "Bob");
        page.type("#transfer-amount", "4");
        page.press("Enter");
        awaitMessage("Ada has sent 4.00 to Bob, by one append: one event in each of the two streams.");
        assertThat(page.evaluate("document.querySelectorAll('.error, [aria-invalid]').length")
                        .asInt())
                .isZero();
        page.await("the log tells it", "log.innerText.startsWith('Ada sent 4.00 to Bob')");
        assertThat(page.text("#log > li:first-child"))
                .contains("One append over 2 streams")
                .containsSubsequence("bank.transfer-sent", "bank.transfer-received");
        page.click("#log > li:first-child .event:last-child summary");
        assertThat(page.text("#log > li:first-child .event:last-child pre"))
                .contains("\"cents\": 400")
                .contains("\"correlationId\"");

        page.click("#accounts tr:first-child button");
        page.await("the history is there", "document.querySelectorAll('#history-events .event').length === 3");
        assertThat(page.text("#history-title")).isEqualTo("History of Ada");
        assertThat(page.text("#history-events"))
                .containsSubsequence("bank.transfer-sent", "balance 8.50", "bank.money-deposited", "balance 12.50");

        page.type("#transfer-amount", "1");
        page.click("#transfer button[value=offers]");
        awaitMessage("Ada has offered 1.00 to Bob.");
        page.await("it is on offer", "/Ada to Bob: 1.00/.test(offers.innerText)");
        page.click("#offers button");
        awaitMessage("Bob has accepted 1.00 from Ada.");
        page.await("nothing is on offer", "offers.children.length === 0");
        page.await("the history follows", "document.querySelectorAll('#history-events .event').length === 5");

        page.click("#race");
        page.await("the race is over", "!result.hidden");
        assertThat(page.text("#sum-before")).isEqualTo("400.00");
        assertThat(page.text("#sum-after")).isEqualTo("400.00");
        assertThat(page.text("#verdict")).isEqualTo("No cent was made or lost.");
        assertThat(count("Stored") + count("Refused") + count("Given up")).isEqualTo(50);
        assertThat(page.evaluate("chart.querySelectorAll('rect').length").asLong())
                .isEqualTo(count("Attempts"));
        assertThat(page.evaluate("chart.querySelectorAll('.conflict, .given-up').length")
                        .asLong())
                .isEqualTo(count("Conflicts"));
        String firstAfter = page.text("#racers tr td:last-child");
        page.click("#turns");
        page.await(
                "the second race is over",
                "document.querySelector('#racers tr td').innerText === '%s'".formatted(firstAfter));
        assertThat(page.text("#sum-after")).isEqualTo("400.00");
        page.await(
                "the read model has seen the race",
                "%s === '%s'".formatted(balance("Racer 1"), page.text("#racers tr td:last-child")));
        page.await("and caught up", "/0 events behind/.test(projection.innerText)");

        page.fits();
        page.isLabelled();
        for (String scheme : new String[] {"light", "dark"}) {
            page.scheme(scheme);
            page.isReadable();
            page.photograph(PICTURES.resolve("bank-%d-%s.png".formatted(width, scheme)));
        }
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    void what_is_typed_while_a_request_is_in_flight_stays() {
        open(1280);
        page.hold("*/api/accounts");
        page.type("#owner", "Ada");
        page.press("Enter");
        page.awaitHeld();

        page.type("#owner", "Grace");
        page.type("#book-amount", "7");
        page.release();
        awaitMessage("Ada has an account now.");

        assertThat(page.evaluate("owner.value").asString()).isEqualTo("Grace");
        assertThat(focused()).isEqualTo("book-amount");
        page.type("50");
        assertThat(page.evaluate("document.querySelector('#book-amount').value").asString())
                .isEqualTo("750");
    }

    @Test
    void a_form_is_sent_once_however_often_it_is_submitted_meanwhile() {
        int before = bank.log().size();
        open(1280);
        page.hold("*/api/accounts");
        page.type("#owner", "Ada");
        page.press("Enter");
        page.awaitHeld();

        page.press("Enter");
        page.release();
        awaitMessage("Ada has an account now.");

        assertThat(bank.log()).hasSize(before + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {390, 1280})
    void it_leads_to_the_console_which_shows_the_made_up_customers(int width) throws IOException {
        useAnEmptyBank();
        bank.open("Ada Lovelace");
        open(width);
        page.await("there is a link", "!document.querySelector('#console').hidden");

        page.click("#console");
        page.await("the console is live", "document.querySelector('#live')?.innerText === 'live'");
        page.await(
                "the projections of the bank are there", "/balances/.test(document.querySelector('.rows')?.innerText)");
        page.click("nav a[href=\"#/log\"]");
        page.await("the event is there", "document.querySelectorAll('.events li').length === 1");
        page.click(".events a");
        page.await("so is what it says", "/Ada Lovelace/.test(document.querySelector('.details pre')?.innerText)");
        page.fits();
        page.photograph(PICTURES.resolve("bank-console-%d.png".formatted(width)));
    }

    @ParameterizedTest
    @ValueSource(strings = {NARROW_NAME, WIDE_NAME})
    void a_name_of_a_hundred_characters_takes_two_lines_of_a_narrow_page(String name) throws IOException {
        String ada = bank.open(name);
        String bob = bank.open(name.replaceFirst("[a-z]", "x"));
        bank.deposit(ada, 123_456_789_012L);
        bank.transfer(ada, bob, 123_456_789);
        open(390);
        page.await(
                "both accounts are there",
                "document.querySelector('#accounts').innerText.includes('%s')".formatted(name.substring(0, 5)));
        page.await(
                "the log is there",
                "document.querySelector('#log').innerText.includes('%s')".formatted(name.substring(0, 5)));

        assertThat(linesOf("#accounts tr"))
                .isNotEmpty()
                .allSatisfy(lines -> assertThat(lines.asDouble()).isLessThan(3));
        assertThat(linesOf("#log .told"))
                .isNotEmpty()
                .allSatisfy(lines -> assertThat(lines.asDouble()).isLessThan(3));
        page.fits();
        page.photograph(PICTURES.resolve("bank-long-%s.png".formatted(name.contains(" ") ? "words" : "word")));
    }

    @ParameterizedTest
    @CsvSource({"390, 24", "1280, 24"})
    void a_message_bar_without_a_message_takes_no_room(int width, int pixels) {
        open(width);

        assertThat(page.evaluate("document.querySelector('#message').innerText").asString())
                .isEmpty();
        assertThat(page.evaluate("document.querySelector('main').getBoundingClientRect().top"
                                + " - document.querySelector('header').getBoundingClientRect().bottom")
                        .asDouble())
                .isLessThanOrEqualTo(pixels);
        assertThat(page.evaluate("getComputedStyle(document.querySelector('#message')).display")
                        .asString())
                .as("a live region is told only if it is there before it speaks")
                .isNotEqualTo("none");
    }

    @Test
    void a_bank_that_is_gone_is_said() {
        useAnEmptyBank();
        open(390);
        page.await("it is live", "live.innerText === 'live'");

        application.close();

        page.await("the connection is lost", "live.innerText === 'no connection'");
        page.type("#owner", "Ada");
        page.press("Enter");
        awaitMessage("The bank does not answer. Is it still running?");
        assertThat(page.evaluate("owner.value").asString()).isEqualTo("Ada");
    }

    private void awaitMessage(String text) {
        page.await(
                "the page says: " + text,
                "document.querySelector('#message').innerText.startsWith('%s')".formatted(text));
    }

    private void awaitFieldError(String field, String rule) {
        page.await(rule + " at " + field, """
                document.querySelectorAll('[aria-invalid=true]').length === 1
                  && document.activeElement.id === '%1$s'
                  && document.activeElement.getAttribute('aria-invalid') === 'true'
                  && document.getElementById(document.activeElement.getAttribute('aria-describedby'))
                    .innerText.includes('%2$s')""".formatted(field, rule));
    }

    private String focused() {
        return page.evaluate("document.activeElement.id").asString();
    }

    private static String balance(String owner) {
        return "[...document.querySelectorAll('#accounts tr')].find((row) => row.innerText.startsWith('%s'))?.lastElementChild.innerText"
                .formatted(owner);
    }

    private long count(String name) {
        return page.evaluate(
                        "Number([...document.querySelectorAll('#counts dt')].find((term) => term.innerText === '%s')"
                                        .formatted(name)
                                + ".nextElementSibling.innerText)")
                .asLong();
    }

    private JsonNode linesOf(String selector) {
        return page.evaluate("""
                [...document.querySelectorAll('%s')].map((element) =>
                  element.getBoundingClientRect().height / parseFloat(getComputedStyle(element).lineHeight))""".formatted(selector));
    }
}
