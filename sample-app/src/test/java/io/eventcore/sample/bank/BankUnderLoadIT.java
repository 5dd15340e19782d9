package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.sample.bank.BankClient.Answer;
import io.eventcore.test.contract.Race;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The packaged bank, as processes of their own, under transfers that get in each other's way. */
class BankUnderLoadIT {
    private static final int ACCOUNTS = 5;
    private static final int START_CENTS = 10_000;
    private static final int TRANSFERS = 200;

    /** How many acknowledged transfers are enough to kill the bank. */
    private static final int ENOUGH = 150;

    private static final int CUSTOMERS = 8;

    private static EmbeddedPostgres server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Test
    void on_h2_transfers_meet_and_a_killed_bank_forgets_nothing_it_has_acknowledged()
            throws IOException, InterruptedException {
        List<Acknowledged> acknowledged;
        try (BankProcess bank = BankProcess.onH2(folder)) {
            transferInParallel(List.of(bank.client()));
            acknowledged = killUnderLoad(bank);
        }
        try (BankProcess again = BankProcess.onH2(folder)) {
            holdsAll(again.client(), acknowledged);
        }
    }

    @Test
    void on_postgresql_transfers_meet_and_a_killed_bank_forgets_nothing_it_has_acknowledged()
            throws IOException, InterruptedException, SQLException {
        String url = newDatabase("one");
        List<Acknowledged> acknowledged;
        try (BankProcess bank = BankProcess.onPostgreSql(folder, url)) {
            transferInParallel(List.of(bank.client()));
            acknowledged = killUnderLoad(bank);
        }
        try (BankProcess again = BankProcess.onPostgreSql(folder, url)) {
            holdsAll(again.client(), acknowledged);
        }
    }

    @Test
    void transfers_meet_at_two_banks_on_one_postgresql() throws IOException, InterruptedException, SQLException {
        String url = newDatabase("two");
        try (BankProcess one = BankProcess.onPostgreSql(folder, url);
                BankProcess other = BankProcess.onPostgreSql(folder, url)) {
            transferInParallel(List.of(one.client(), other.client()));
        }
    }

    private static void transferInParallel(List<BankClient> banks) {
        List<String> accounts = openAccounts(banks.get(0));

        List<Answer> answers = Race.run(TRANSFERS, number -> {
            Random random = new Random(number);
            return transfer(banks.get(number % banks.size()), accounts, random).answer();
        });

        long done = count(answers, 201);
        assertThat(answers).extracting(Answer::status).isSubsetOf(201, 409, 422).contains(201);
        assertThat(count(answers, 409)).as("given up").isLessThanOrEqualTo(TRANSFERS * 5 / 100);
        for (BankClient bank : banks) {
            BankLog log = BankLog.of(bank.log());
            assertThat(log.faults()).isEmpty();
            assertThat(log.transfers()).isEqualTo(done);
            assertConserved(log);
            log.balances()
                    .forEach((account, cents) ->
                            assertThat(balance(bank, account)).isEqualTo(cents));
        }
    }

    /** Lets customers transfer money until enough is acknowledged, then kills the bank while they go on. */
    private static List<Acknowledged> killUnderLoad(BankProcess bank) throws InterruptedException {
        BankClient client = bank.client();
        List<String> accounts = openAccounts(client);
        CountDownLatch enough = new CountDownLatch(ENOUGH);
        Thread killer = new Thread(() -> killWhen(enough, bank));
        killer.start();
        List<List<Acknowledged>> acknowledged =
                Race.run(CUSTOMERS, number -> transferUntilGone(client, accounts, new Random(number), enough));
        killer.join();
        return acknowledged.stream().flatMap(List::stream).toList();
    }

    private static List<Acknowledged> transferUntilGone(
            BankClient bank, List<String> accounts, Random random, CountDownLatch enough) {
        List<Acknowledged> acknowledged = new ArrayList<>();
        while (true) {
            Transfer transfer;
            try {
                transfer = transfer(bank, accounts, random);
            } catch (UncheckedIOException gone) {
                return acknowledged;
            }
            if (transfer.answer().status() == 201) {
                acknowledged.add(Acknowledged.of(transfer));
                enough.countDown();
            }
        }
    }

    private static void killWhen(CountDownLatch enough, BankProcess bank) {
        try {
            enough.await(1, TimeUnit.MINUTES);
            bank.kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void holdsAll(BankClient bank, List<Acknowledged> acknowledged) {
        BankLog log = BankLog.of(bank.log());

        assertThat(log.faults()).isEmpty();
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(ENOUGH).allMatch(transfer -> transfer.isIn(log));
        assertConserved(log);
        assertThat(bank.transfer(acknowledged.get(0).from(), acknowledged.get(0).to(), 1)
                        .status())
                .isIn(201, 422);
    }

    /** Every account began with the same, and no cash was deposited or withdrawn since. */
    private static void assertConserved(BankLog log) {
        assertThat(log.balances().values().stream().mapToLong(Long::longValue).sum())
                .isEqualTo((long) log.balances().size() * START_CENTS);
    }

    private static List<String> openAccounts(BankClient bank) {
        List<String> accounts = new ArrayList<>();
        for (int i = 0; i < ACCOUNTS; i++) {
            String account = bank.open("Owner " + i);
            assertThat(bank.deposit(account, START_CENTS).status()).isEqualTo(201);
            accounts.add(account);
        }
        return accounts;
    }

    private static Transfer transfer(BankClient bank, List<String> accounts, Random random) {
        int from = random.nextInt(ACCOUNTS);
        int to = (from + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
        int cents = 1 + random.nextInt(START_CENTS / 2);
        return new Transfer(
                accounts.get(from),
                accounts.get(to),
                cents,
                bank.transfer(accounts.get(from), accounts.get(to), cents));
    }

    /** A transfer that was asked for, and the answer. */
    private record Transfer(String from, String to, long cents, Answer answer) {}

    /** A transfer that the bank says it has booked, with the places where its events must be found. */
    private record Acknowledged(String from, long fromVersion, String to, long toVersion, long cents) {
        static Acknowledged of(Transfer transfer) {
            JsonNode body = transfer.answer().body();
            return new Acknowledged(
                    transfer.from(),
                    body.get("fromVersion").asLong(),
                    transfer.to(),
                    body.get("toVersion").asLong(),
                    transfer.cents());
        }

        boolean isIn(BankLog log) {
            return log.holds(from, fromVersion, "bank.transfer-sent", cents)
                    && log.holds(to, toVersion, "bank.transfer-received", cents);
        }
    }

    private static long balance(BankClient bank, String account) {
        return bank.get("/api/accounts/" + account).body().get("balanceCents").asLong();
    }

    private static long count(List<Answer> answers, int status) {
        return answers.stream().filter(answer -> answer.status() == status).count();
    }

    private static String newDatabase(String name) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return server.getJdbcUrl("postgres", name);
    }
}
