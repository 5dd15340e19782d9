package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.sample.bank.BankClient.Answer;
import io.eventcore.sample.bank.BankEvent.MoneyDeposited;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingEventStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.datasource.url=jdbc:h2:mem:bank;DB_CLOSE_DELAY=-1",
            "eventcore.retry.max-attempts=3",
            "eventcore.retry.initial-delay=1ms"
        })
class BankOverHttpTest {
    private static final String TEN_TO_THE_20 = "100000000000000000000";

    private final BankClient bank;
    private final EventStore store;

    private String ada = "";
    private String bob = "";

    @Autowired
    BankOverHttpTest(@Value("${local.server.port}") int port, EventStore store) {
        this.bank = new BankClient(port);
        this.store = store;
    }

    @BeforeEach
    void openTwoAccounts() {
        ada = bank.open("Ada");
        bob = bank.open("Bob");
        assertThat(bank.deposit(ada, 1000).status()).isEqualTo(201);
    }

    @Test
    void opening_an_account_tells_where_it_is() {
        Answer opened = bank.post("/api/accounts", "{\"owner\":\" Grace \"}");

        assertThat(opened.status()).isEqualTo(201);
        String id = opened.body().get("id").asString();
        assertThat(opened.location()).isEqualTo("/api/accounts/" + id);
        JsonNode account = bank.get(opened.location()).body();
        assertThat(account.get("owner").asString()).isEqualTo("Grace");
        assertThat(account.get("balanceCents").asLong()).isZero();
        assertThat(account.get("version").asLong()).isEqualTo(1);
    }

    @Test
    void money_comes_and_goes() {
        Answer deposited = bank.deposit(bob, 700);
        Answer withdrawn = bank.withdraw(bob, 300);

        assertThat(deposited.status()).isEqualTo(201);
        assertThat(deposited.body().get("attempts").asInt()).isEqualTo(1);
        assertThat(deposited.body().get("version").asLong()).isEqualTo(2);
        assertThat(withdrawn.status()).isEqualTo(201);
        assertThat(withdrawn.body().get("version").asLong()).isEqualTo(3);
        assertThat(balance(bob)).isEqualTo(400);
    }

    @Test
    void a_transfer_is_one_decision_over_two_streams() {
        Answer transferred = bank.transfer(ada, bob, 400);

        assertThat(transferred.status()).isEqualTo(201);
        assertThat(transferred.body().get("fromVersion").asLong()).isEqualTo(3);
        assertThat(transferred.body().get("toVersion").asLong()).isEqualTo(2);
        assertThat(balance(ada)).isEqualTo(600);
        assertThat(balance(bob)).isEqualTo(400);
    }

    @Test
    void both_events_of_a_transfer_tell_that_one_command_has_brought_them() {
        bank.transfer(ada, bob, 1);
        bank.transfer(ada, bob, 2);

        List<String> sent = conversations(ada, "bank.transfer-sent");

        assertThat(sent).hasSize(2).doesNotHaveDuplicates().doesNotContain("");
        assertThat(conversations(bob, "bank.transfer-received")).isEqualTo(sent);
    }

    @Test
    void an_offer_that_is_accepted_in_time_is_received() {
        Answer offered = offer(60);
        String offer = offered.body().get("offer").asString();
        assertThat(balance(ada)).isEqualTo(600);
        assertThat(balance(bob)).isZero();
        JsonNode open = openOffer(offer, offered.token());
        assertThat(open.get("from").asString()).isEqualTo(ada);
        assertThat(open.get("to").asString()).isEqualTo(bob);
        assertThat(open.get("cents").asLong()).isEqualTo(400);
        assertThat(Instant.parse(open.get("acceptBy").asString())).isAfter(Instant.now());

        Answer accepted = accept(offer);

        assertThat(accepted.status()).isEqualTo(201);
        assertThat(balance(ada)).isEqualTo(600);
        assertThat(balance(bob)).isEqualTo(400);
        assertThat(openOffer(offer, accepted.token()).isMissingNode()).isTrue();
        problem(accept(offer), 422, "rule", "OFFER_IS_OPEN");
    }

    @Test
    void an_offer_that_is_not_accepted_in_time_comes_back() {
        String offer = offer(1).body().get("offer").asString();

        Eventually.until("it comes back", () -> balance(ada) == 1000);

        assertThat(balance(bob)).isZero();
        assertThat(conversations(ada, "bank.offer-returned")).isEqualTo(conversations(ada, "bank.transfer-offered"));
        problem(accept(offer), 422, "stream", bob);
        Eventually.until(
                "it is not on offer any more", () -> openOffer(offer, "").isMissingNode());
    }

    private JsonNode openOffer(String offer, String token) {
        Answer answer = token.isEmpty() ? bank.get("/api/offers?limit=100") : bank.get("/api/offers?limit=100", token);
        return answer.body()
                .valueStream()
                .filter(open -> open.get("offer").asString().equals(offer))
                .findFirst()
                .orElse(MissingNode.getInstance());
    }

    /** The conversations that events of this type of an account belong to, in their order. */
    private List<String> conversations(String account, String type) {
        return bank.get("/api/accounts/" + account + "/events")
                .body()
                .valueStream()
                .filter(event -> event.get("type").asString().equals(type))
                .map(event -> event.get("metadata").path("correlationId").asString(""))
                .toList();
    }

    private Answer offer(int seconds) {
        Answer offered = bank.post(
                "/api/offers",
                "{\"from\":\"%s\",\"to\":\"%s\",\"cents\":400,\"seconds\":%d}".formatted(ada, bob, seconds));
        assertThat(offered.status()).isEqualTo(201);
        return offered;
    }

    private Answer accept(String offer) {
        return bank.post(
                "/api/accounts/" + bob + "/acceptances", "{\"from\":\"%s\",\"offer\":\"%s\"}".formatted(ada, offer));
    }

    @Test
    void whoever_brings_the_token_of_a_command_sees_its_effect_in_the_read_model() {
        for (int i = 1; i <= 20; i++) {
            String token = bank.deposit(ada, 1_000_000_000).token();

            JsonNode highest = bank.get("/api/balances?limit=1", token).body().get(0);

            assertThat(highest.get("id").asString()).isEqualTo(ada);
            assertThat(highest.get("owner").asString()).isEqualTo("Ada");
            assertThat(highest.get("balanceCents").asLong()).isEqualTo(1000 + i * 1_000_000_000L);
        }
    }

    @Test
    void a_query_for_what_never_happened_is_refused_at_once() {
        Answer forged = bank.get("/api/balances", "9000000000000000000");

        assertThat(forged.status()).isEqualTo(400);
        assertThat(forged.contentType()).isEqualTo("application/problem+json");
        assertThat(forged.body().get("detail").asString()).startsWith("No response has sent this");
        assertThat(bank.get("/api/balances", "x").status()).isEqualTo(400);
    }

    @Test
    void a_stream_tells_its_events() {
        bank.transfer(ada, bob, 400);

        JsonNode events = bank.get("/api/accounts/" + ada + "/events").body();

        assertThat(events.size()).isEqualTo(3);
        assertThat(events)
                .extracting(event -> event.get("type").asString())
                .containsExactly("bank.account-opened", "bank.money-deposited", "bank.transfer-sent");
        assertThat(events).extracting(event -> event.get("version").asLong()).containsExactly(1L, 2L, 3L);
        assertThat(events).extracting(event -> event.get("position").asLong()).isSorted();
        JsonNode sent = events.get(2);
        assertThat(sent.get("recordedAt").asString()).endsWith("Z");
        assertThat(sent.get("data").get("to").asString()).isEqualTo(bob);
        assertThat(sent.get("data").get("cents").asLong()).isEqualTo(400);
        JsonNode last = bank.get("/api/accounts/" + ada + "/events?after=2").body();
        assertThat(last).hasSize(1);
        assertThat(last.get(0)).isEqualTo(sent);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_race_makes_and_loses_no_cent(boolean turns) {
        JsonNode first = race(turns);
        long before = racersLog(first).transfers();

        JsonNode second = race(turns);

        assertThat(second.get("before")).isEqualTo(first.get("after"));
        BankLog log = racersLog(second);
        assertThat(log.faults()).isEmpty();
        assertThat(log.transfers() - before).isPositive().isEqualTo(booked(second));
        second.get("after")
                .forEach(account -> assertThat(log.balances())
                        .containsEntry(account.get("id").asString(), cents(account)));
    }

    private BankLog racersLog(JsonNode race) {
        List<String> racers = race.get("after")
                .valueStream()
                .map(account -> account.get("id").asString())
                .toList();
        return BankLog.of(bank.log().stream()
                .filter(event -> racers.contains(event.get("stream").asString()))
                .toList());
    }

    private JsonNode race(boolean turns) {
        Answer answer = bank.post("/api/races?turns=" + turns, "{}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode race = answer.body();
        assertThat(race.get("runs"))
                .hasSize(50)
                .allSatisfy(run -> assertThat(run.get("attempts").asInt()).isBetween(1, 3));
        assertThat(race.get("others").asLong()).isZero();
        assertThat(race.get("after")
                        .valueStream()
                        .mapToLong(BankOverHttpTest::cents)
                        .sum())
                .isEqualTo(race.get("before")
                        .valueStream()
                        .mapToLong(BankOverHttpTest::cents)
                        .sum());
        return race;
    }

    private static long booked(JsonNode race) {
        return race.get("runs")
                .valueStream()
                .filter(run -> run.get("outcome").asString().equals("BOOKED"))
                .count();
    }

    @Test
    void a_race_tells_of_every_conflict() {
        race(false);
        Contested.STREAMS.add(StreamId.of("account-racer-1"));
        try {
            JsonNode race = bank.post("/api/races", "{}").body();

            List<JsonNode> given = race.get("runs")
                    .valueStream()
                    .filter(run -> run.get("outcome").asString().equals("GIVEN_UP"))
                    .toList();
            assertThat(given)
                    .isNotEmpty()
                    .allSatisfy(run -> assertThat(run.get("attempts").asInt()).isEqualTo(3));
            assertThat(race.get("others").asLong()).isGreaterThanOrEqualTo(3);
        } finally {
            Contested.STREAMS.clear();
        }
    }

    @Test
    void a_race_has_turns_or_not() {
        refused(400, "field", "turns", () -> bank.post("/api/races?turns=perhaps", "{}"));
    }

    @Test
    void the_log_is_read_from_any_position() {
        JsonNode whole = bank.get("/api/events?limit=1000").body().get("events");
        long second = whole.get(1).get("position").asLong();

        JsonNode page = bank.get("/api/events?limit=1&after=" + whole.get(0).get("position"))
                .body();
        JsonNode beyond = bank.get("/api/events?after=" + Long.MAX_VALUE).body();

        assertThat(page.get("events")).hasSize(1);
        assertThat(page.get("events").get(0).get("position").asLong()).isEqualTo(second);
        assertThat(page.get("continueAfter").asLong()).isEqualTo(second);
        assertThat(page.get("endReached").asBoolean()).isFalse();
        assertThat(beyond.get("events")).isEmpty();
        assertThat(beyond.get("endReached").asBoolean()).isTrue();
    }

    @Test
    void all_accounts_are_listed_page_by_page() {
        List<String> listed = new ArrayList<>();
        JsonNode page = bank.get("/api/accounts?limit=7").body();
        while (!page.isEmpty()) {
            page.forEach(account -> listed.add(account.get("id").asString()));
            page = bank.get("/api/accounts?limit=7&after=" + listed.get(listed.size() - 1))
                    .body();
        }

        assertThat(listed).isSorted().doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accountsInTheLog());
    }

    @Test
    void an_unknown_account_is_not_found() {
        refused(404, "stream", "nobody", () -> bank.deposit("nobody", 1));
        refused(404, "stream", "nobody", () -> bank.withdraw("nobody", 1));
        refused(404, "stream", "nobody", () -> bank.transfer(ada, "nobody", 1));
        refused(404, "stream", "nobody", () -> bank.transfer("nobody", ada, 1));
        refused(404, "stream", "nobody", () -> bank.get("/api/accounts/nobody"));
        refused(404, "stream", "nobody", () -> bank.get("/api/accounts/nobody/events"));
    }

    @Test
    void an_unknown_account_is_told_before_missing_funds() {
        refused(404, "stream", "nobody", () -> bank.transfer(bob, "nobody", 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%2Ab", "a%3Fb", "a%5Bb%5D", "%20", "%E2%80%83", "a%7Fb"})
    void what_cannot_be_a_stream_id_is_the_id_of_no_account(String id) {
        refused(404, "field", "id", () -> bank.get("/api/accounts/" + id));
        refused(404, "field", "id", () -> bank.deposit(id, 1));
    }

    @Test
    void an_id_that_is_too_long_is_the_id_of_no_account() {
        refused(404, "field", "id", () -> bank.get("/api/accounts/" + "x".repeat(256)));
        refused(404, "stream", "x".repeat(255), () -> bank.get("/api/accounts/" + "x".repeat(255)));
    }

    @Test
    void nobody_spends_more_than_there_is() {
        refused(422, "stream", ada, () -> bank.withdraw(ada, 1001));
        refused(422, "stream", ada, () -> bank.transfer(ada, bob, 1001));
        refused(422, "rule", "FUNDS_SUFFICE", () -> bank.transfer(ada, bob, 1001));
        assertThat(bank.withdraw(ada, 1000).status()).isEqualTo(201);
    }

    @Test
    void nobody_sends_money_to_himself() {
        refused(422, "stream", ada, () -> bank.transfer(ada, ada, 1));
        refused(422, "stream", ada, () -> bank.transfer(ada, " " + ada, 1));
    }

    @Test
    void a_balance_never_overflows() {
        StreamId rich = StreamId.of(bob);
        store.appendEvents(StreamWrites.to(rich, ExpectedVersion.any(), new MoneyDeposited(rich, Long.MAX_VALUE - 5)));

        refused(422, "stream", bob, () -> bank.deposit(bob, 6));
        refused(422, "stream", bob, () -> bank.transfer(ada, bob, 6));
        assertThat(bank.deposit(bob, 5).status()).isEqualTo(201);
        assertThat(balance(bob)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void who_is_always_overtaken_gives_up_and_says_so() {
        Contested.STREAMS.add(StreamId.of(ada));
        try {
            Answer answer = bank.transfer(ada, bob, 1);

            problem(answer, 409, "stream", ada);
            assertThat(answer.body().get("attempts").asInt()).isEqualTo(3);
            assertThat(bank.get("/api/accounts/" + bob).body().get("version").asLong())
                    .isEqualTo(1);
        } finally {
            Contested.STREAMS.clear();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "-9223372036854775808",
                "null",
                "\"5\"",
                "5.9",
                "1e2",
                "true",
                "[1]",
                "{}",
                "1000000000001",
                "9223372036854775807",
                "9223372036854775808",
                TEN_TO_THE_20,
                "1" + TEN_TO_THE_20
            })
    void cents_are_a_whole_number_of_at_least_1(String cents) {
        refused(400, "field", "cents", () -> bank.post(deposits(), "{\"cents\":%s}".formatted(cents)));
        refused(400, "field", "cents", () -> bank.post(withdrawals(), "{\"cents\":%s}".formatted(cents)));
        refused(
                400,
                "field",
                "cents",
                () -> bank.post(
                        "/api/transfers", "{\"from\":\"%s\",\"to\":\"%s\",\"cents\":%s}".formatted(ada, bob, cents)));
    }

    @Test
    void every_field_that_is_wrong_is_named() {
        Answer answer = storesNothing(() -> bank.post("/api/transfers", "{\"cents\":0}"));

        problem(answer, 400, "field", "cents");
        JsonNode rules = answer.body().get("rules");
        assertThat(rules.propertyNames()).containsExactly("cents", "from", "to");
        assertThat(rules.get("cents").asString()).isEqualTo("must be at least 1 cent");
        assertThat(rules.get("to").asString()).isEqualTo("must be given");
    }

    @Test
    void an_amount_is_not_left_out() {
        refused(400, "field", "cents", () -> bank.post(deposits(), "{}"));
        refused(400, "field", "cents", () -> bank.post(deposits(), "{\"cent\":5}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "null", "[]", "7", "\"text\"", "{", "{\"cents\":", "{\"cents\":1}}", "<cents>1</cents>"})
    void a_body_is_a_json_object(String body) {
        Answer answer = storesNothing(() -> bank.post(deposits(), body));

        problem(answer, 400);
        assertThat(answer.body().get("detail").asString()).isEqualTo("The body must be a JSON object");
    }

    @ParameterizedTest
    @CsvSource({"text/plain, 415", "application/xml, 415", "bogus, 415"})
    void a_body_is_sent_as_json(String mediaType, int status) {
        problem(storesNothing(() -> bank.post(deposits(), mediaType, "{\"cents\":1}")), status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"null", "\"\"", "\" \"", "7", "true", "[]", "{}", "\"\\ud800\"", "\"a\\u0000b\"", "\"a\\nb\""})
    void an_owner_has_a_name(String owner) {
        refused(400, "field", "owner", () -> bank.post("/api/accounts", "{\"owner\":%s}".formatted(owner)));
    }

    @Test
    void an_owner_has_a_name_of_at_most_100_characters() {
        refused(400, "field", "owner", () -> bank.post("/api/accounts", "{}"));
        refused(
                400,
                "field",
                "owner",
                () -> bank.post("/api/accounts", "{\"owner\":\"%s\"}".formatted("x".repeat(101))));
        assertThat(bank.open("x".repeat(100))).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "7", "{}", "[]", "\"\"", "\"a*b\"", "\"a\\u0000b\"", "\"\\udc00\""})
    void a_transfer_names_two_accounts(String id) {
        refused(
                400,
                "field",
                "from",
                () -> bank.post("/api/transfers", "{\"from\":%s,\"to\":\"%s\",\"cents\":1}".formatted(id, bob)));
        refused(
                400,
                "field",
                "to",
                () -> bank.post("/api/transfers", "{\"from\":\"%s\",\"to\":%s,\"cents\":1}".formatted(ada, id)));
    }

    @ParameterizedTest
    @CsvSource({
        "after, -1",
        "after, abc",
        "after, 9223372036854775808",
        "limit, 0",
        "limit, -1",
        "limit, 1001",
        "limit, 2147483648",
        "limit, 1.5"
    })
    void a_page_of_the_log_has_sensible_bounds(String parameter, String value) {
        refused(400, "field", parameter, () -> bank.get("/api/events?" + parameter + "=" + value));
    }

    @ParameterizedTest
    @CsvSource({"after, a*b", "limit, 0", "limit, 101", "limit, x"})
    void a_page_of_accounts_has_sensible_bounds(String parameter, String value) {
        refused(400, "field", parameter, () -> bank.get("/api/accounts?" + parameter + "=" + value));
    }

    @Test
    void the_bank_says_that_it_is_well() {
        assertThat(bank.get("/actuator/health").body().get("status").asString()).isEqualTo("UP");
    }

    @Test
    void the_page_and_its_parts_are_there() {
        assertThat(bank.get("/").text()).contains("<title>Bank");
        assertThat(bank.get("/").text()).doesNotContain("//").doesNotContainPattern("\\son\\w+=|style=|<script>");
        assertThat(bank.get("/bank.css").text()).doesNotContain("url(");
        for (String module : List.of("bank", "accounts", "api", "dom", "forms", "log", "offers", "owners", "race")) {
            Answer script = bank.get("/" + module + ".js");
            assertThat(script.status()).as(module).isEqualTo(200);
            assertThat(script.text()).doesNotContain("http:").doesNotContain("https:");
        }
    }

    @Test
    void operators_see_how_far_the_projections_are_and_cannot_change_anything() {
        JsonNode state = bank.get("/actuator/eventcore").body();

        assertThat(state.get("projections").propertyNames()).contains("balances", "open-offers");
        assertThat(bank.post("/actuator/eventcore/balances", "{\"action\":\"pause\"}")
                        .status())
                .isEqualTo(405);
    }

    private long balance(String account) {
        return bank.get("/api/accounts/" + account).body().get("balanceCents").asLong();
    }

    private List<String> accountsInTheLog() {
        return bank.log().stream()
                .filter(event -> event.get("type").asString().equals("bank.account-opened"))
                .map(event -> event.get("stream").asString())
                .toList();
    }

    private String deposits() {
        return "/api/accounts/" + ada + "/deposits";
    }

    private String withdrawals() {
        return "/api/accounts/" + ada + "/withdrawals";
    }

    private interface Call {
        Answer send();
    }

    private void refused(int status, String named, String value, Call call) {
        problem(storesNothing(call), status, named, value);
    }

    private Answer storesNothing(Call call) {
        int before = bank.log().size();
        Answer answer = call.send();
        assertThat(bank.log()).hasSize(before);
        return answer;
    }

    private static void problem(Answer answer, int status, String named, String value) {
        problem(answer, status);
        assertThat(answer.body().get(named).asString()).as(answer.text()).isEqualTo(value);
    }

    private static void problem(Answer answer, int status) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.contentType()).isEqualTo("application/problem+json");
        assertThat(answer.body().get("status").asInt()).isEqualTo(status);
        assertThat(answer.body().get("detail").asString()).isNotBlank();
        assertThat(answer.text())
                .doesNotContain("Exception")
                .doesNotContain("trace")
                .doesNotContain(".java");
    }

    /** Lets another caller be faster, every time, at the streams named. */
    @TestConfiguration
    static class Contested {
        static final Set<StreamId> STREAMS = ConcurrentHashMap.newKeySet();

        @Bean
        static BeanPostProcessor contestedStore() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof EventStore store ? new ContestedStore(store) : bean;
                }
            };
        }

        private static final class ContestedStore extends ForwardingEventStore {
            private ContestedStore(EventStore delegate) {
                super(delegate);
            }

            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                for (StreamId stream : writes.streams().keySet()) {
                    if (STREAMS.contains(stream) && !writes.events().isEmpty()) {
                        delegate()
                                .appendEvents(
                                        StreamWrites.to(stream, ExpectedVersion.any(), new MoneyDeposited(stream, 1)));
                    }
                }
                return delegate().appendEvents(writes);
            }
        }
    }

    private static long cents(JsonNode account) {
        return account.get("balanceCents").asLong();
    }
}
