package io.eventcore.sample.bank;

import io.eventcore.EventStore;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.RetryPolicy;
import io.eventcore.sample.bank.Bank.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Transfers between a few accounts, all at once, to see that they get in each other's way and that no cent is made or lost. */
@RestController
class RaceController {
    private static final int TRANSFERS = 50;
    private static final long START_CENTS = 10_000;
    private static final List<OpenAccount> RACERS = IntStream.rangeClosed(1, 4)
            .mapToObj(number -> new OpenAccount(StreamId.of("account-racer-" + number), "Racer " + number))
            .toList();

    private final CommandExecutor commands;
    private final CommandExecutor racing;
    private final Attempts attempts;
    private final Bank bank;

    RaceController(
            CommandExecutor commands,
            EventStore store,
            RetryPolicy retries,
            Conversations conversations,
            Attempts attempts,
            Bank bank) {
        this.commands = commands;
        this.racing = CommandExecutor.builder(store)
                .retryPolicy(retries)
                .metadataContributors(List.of(conversations))
                .listener(attempts)
                .hotStreams(HotStreamSettings.off())
                .build();
        this.attempts = attempts;
        this.bank = bank;
    }

    /**
     * One race at a time, so that what has changed is the work of this one.
     *
     * @param turns whether the transfers may take turns after a first conflict, as all commands of the bank do, or must race on
     */
    @PostMapping("/api/races")
    synchronized Race race(@RequestParam(defaultValue = "false") boolean turns) {
        CommandExecutor executor = turns ? commands : racing;
        List<Statement> before = atTheStart();
        ExecutorService threads = Executors.newFixedThreadPool(TRANSFERS);
        try {
            CompletableFuture<Boolean> start = new CompletableFuture<>();
            List<CompletableFuture<Run>> runs = Stream.generate(RaceController::anyTransfer)
                    .limit(TRANSFERS)
                    .map(transfer -> start.thenApplyAsync(started -> run(executor, transfer), threads))
                    .toList();
            start.complete(true);
            return Race.of(before, runs.stream().map(CompletableFuture::join).toList(), racers());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        } finally {
            threads.shutdown();
        }
    }

    private List<Statement> atTheStart() {
        RACERS.forEach(commands::execute);
        if (sum(racers()) == 0) {
            RACERS.forEach(racer -> commands.execute(new DepositMoney(racer.account(), START_CENTS)));
        }
        return racers();
    }

    private List<Statement> racers() {
        return bank.statements(RACERS.stream().map(OpenAccount::account).toList());
    }

    private static TransferMoney anyTransfer() {
        int from = ThreadLocalRandom.current().nextInt(RACERS.size());
        int to = (from + ThreadLocalRandom.current().nextInt(1, RACERS.size())) % RACERS.size();
        long cents = ThreadLocalRandom.current().nextLong(1, START_CENTS / 2);
        return new TransferMoney(RACERS.get(from).account(), RACERS.get(to).account(), cents);
    }

    private Run run(CommandExecutor executor, TransferMoney transfer) {
        long begin = System.nanoTime();
        Outcome outcome = outcome(executor, transfer);
        return new Run(outcome, attempts.ofLastCommand(), (System.nanoTime() - begin) / 1000);
    }

    private static Outcome outcome(CommandExecutor executor, TransferMoney transfer) {
        try {
            executor.execute(transfer);
            return Outcome.BOOKED;
        } catch (Refusal refusal) {
            return Outcome.REFUSED;
        } catch (RetriesExhaustedException exhausted) {
            return Outcome.GIVEN_UP;
        }
    }

    private static long sum(List<Statement> accounts) {
        return accounts.stream().mapToLong(Statement::balanceCents).sum();
    }

    /** How a transfer ended: stored, refused by a rule of the bank, or overtaken in every attempt. */
    enum Outcome {
        BOOKED,
        REFUSED,
        GIVEN_UP
    }

    /** A transfer; every attempt before the last one has met a conflict. */
    record Run(Outcome outcome, int attempts, long micros) {}

    /**
     * A race.
     *
     * @param before the accounts before it, as they stood at one moment
     * @param after the accounts after it, as they stood at one moment
     * @param others how many events came meanwhile that no transfer of the race has brought: without any, the sums are the same
     */
    record Race(List<Statement> before, List<Run> runs, List<Statement> after, long others) {
        private static Race of(List<Statement> before, List<Run> runs, List<Statement> after) {
            long booked =
                    runs.stream().filter(run -> run.outcome() == Outcome.BOOKED).count();
            return new Race(before, runs, after, events(after) - events(before) - 2 * booked);
        }

        private static long events(List<Statement> accounts) {
            return accounts.stream()
                    .mapToLong(account -> account.version().value())
                    .sum();
        }
    }
}
