package io.eventcore.sample.bank;

import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamVersion;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.web.AwaitsProjection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Accounts over HTTP. Whatever goes wrong, {@link Problems} answers. */
@RestController
@RequestMapping("/api")
class AccountController {
    /** The largest amount in one go, ten billion, so that a slip of the finger is noticed. */
    static final long MAX_CENTS = 1_000_000_000_000L;

    /** The longest time to accept an offer: a week. */
    static final long MAX_SECONDS = 604_800;

    private final CommandExecutor commands;
    private final Bank bank;
    private final Balances balances;
    private final OpenOffers openOffers;

    AccountController(CommandExecutor commands, Bank bank, Balances balances, OpenOffers openOffers) {
        this.commands = commands;
        this.bank = bank;
        this.balances = balances;
        this.openOffers = openOffers;
    }

    @PostMapping("/accounts")
    ResponseEntity<Opened> open(@Valid @RequestBody Opening opening) {
        StreamId id = bank.nextAccountId();
        commands.execute(new OpenAccount(id, opening.owner().strip()));
        return ResponseEntity.created(URI.create("/api/accounts/" + id)).body(new Opened(id));
    }

    @PostMapping("/accounts/{id}/deposits")
    @ResponseStatus(HttpStatus.CREATED)
    Booked deposit(@PathVariable StreamId id, @Valid @RequestBody Amount amount) {
        return Booked.of(commands.execute(new DepositMoney(id, amount.cents())), id);
    }

    @PostMapping("/accounts/{id}/withdrawals")
    @ResponseStatus(HttpStatus.CREATED)
    Booked withdraw(@PathVariable StreamId id, @Valid @RequestBody Amount amount) {
        return Booked.of(commands.execute(new WithdrawMoney(id, amount.cents())), id);
    }

    @PostMapping("/transfers")
    @ResponseStatus(HttpStatus.CREATED)
    Transferred transfer(@Valid @RequestBody Transfer transfer) {
        ExecutionResult result = commands.execute(new TransferMoney(transfer.from(), transfer.to(), transfer.cents()));
        return new Transferred(result.attempts(), result.version(transfer.from()), result.version(transfer.to()));
    }

    @PostMapping("/offers")
    @ResponseStatus(HttpStatus.CREATED)
    Offered offer(@Valid @RequestBody Offer offer) {
        UUID id = UUID.randomUUID();
        commands.execute(
                new OfferTransfer(offer.from(), id, offer.to(), offer.cents(), Duration.ofSeconds(offer.seconds())));
        return new Offered(id);
    }

    @PostMapping("/accounts/{to}/acceptances")
    @ResponseStatus(HttpStatus.CREATED)
    Booked accept(@PathVariable StreamId to, @Valid @RequestBody Acceptance acceptance) {
        return Booked.of(commands.execute(new AcceptOffer(acceptance.from(), to, acceptance.offer())), to);
    }

    @GetMapping("/accounts/{id}")
    Bank.Statement account(@PathVariable StreamId id) {
        return bank.statement(id);
    }

    @GetMapping("/accounts/{id}/events")
    List<EventView> events(@PathVariable StreamId id, @RequestParam(defaultValue = "0") @Min(0) long after) {
        return bank.events(id, StreamVersion.of(after)).stream()
                .map(EventView::of)
                .toList();
    }

    @GetMapping("/accounts")
    List<Bank.Statement> accounts(
            @RequestParam Optional<StreamId> after, @RequestParam(defaultValue = "100") @Min(1) @Max(100) int limit) {
        return bank.statements(new StreamIdPage(after, limit));
    }

    /** The highest balances. A client that brings the token of a command sees what it has changed. */
    // tag::balances[]
    @GetMapping("/balances")
    @AwaitsProjection(Balances.NAME)
    List<Balances.Balance> balances(@RequestParam(defaultValue = "10") @Min(1) @Max(100) int limit) {
        return balances.highest(limit);
    }
    // end::balances[]

    /** The offers that wait to be accepted, those that come back first, first. */
    @GetMapping("/offers")
    @AwaitsProjection(OpenOffers.NAME)
    List<OpenOffers.OpenOffer> offers(@RequestParam(defaultValue = "10") @Min(1) @Max(100) int limit) {
        return openOffers.next(limit);
    }

    record Opening(
            @NotBlank(message = "must not be empty")
            @Size(max = 100, message = "must have at most {max} characters")
            @Pattern(
                    regexp = "[^\\p{Cc}\\p{Cs}]*",
                    message = "must not contain control characters or unpaired surrogates")
            String owner) {}

    record Opened(StreamId id) {}

    record Amount(
            @NotNull(message = "must be given")
            @Min(value = 1, message = "must be at least {value} cent")
            @Max(value = MAX_CENTS, message = "must be at most {value} cents")
            Long cents) {}

    record Booked(int attempts, StreamVersion version) {
        static Booked of(ExecutionResult result, StreamId account) {
            return new Booked(result.attempts(), result.version(account));
        }
    }

    record Transfer(
            @NotNull(message = "must be given") StreamId from,
            @NotNull(message = "must be given") StreamId to,

            @NotNull(message = "must be given")
            @Min(value = 1, message = "must be at least {value} cent")
            @Max(value = MAX_CENTS, message = "must be at most {value} cents")
            Long cents) {}

    record Transferred(int attempts, StreamVersion fromVersion, StreamVersion toVersion) {}

    record Offer(
            @NotNull(message = "must be given") StreamId from,
            @NotNull(message = "must be given") StreamId to,

            @NotNull(message = "must be given")
            @Min(value = 1, message = "must be at least {value} cent")
            @Max(value = MAX_CENTS, message = "must be at most {value} cents")
            Long cents,

            @NotNull(message = "must be given")
            @Min(value = 1, message = "must be at least {value} second")
            @Max(value = MAX_SECONDS, message = "must be at most {value} seconds")
            Long seconds) {}

    record Offered(UUID offer) {}

    record Acceptance(
            @NotNull(message = "must be given") StreamId from,
            @NotNull(message = "must be given") UUID offer) {}
}
