package io.eventcore.sample.bank;

import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.stereotype.Service;

/** What can be asked of the bank. Every answer is folded from events on the spot. */
@Service
class Bank {
    private static final StreamPrefix ACCOUNTS = StreamPrefix.of("account-");

    private final EventStore store;

    Bank(EventStore store) {
        this.store = store;
    }

    /** An id for a new account. */
    StreamId nextAccountId() {
        return StreamId.of(ACCOUNTS.value() + UUID.randomUUID());
    }

    /**
     * The events of an account, from the first after a version.
     *
     * @throws Refusal if there is no such account
     */
    EventStreamReader<BankEvent> events(StreamId id, StreamVersion after) {
        EventStreamReader<BankEvent> events = store.readStreamAfter(id, after, BankEvent.class);
        if (!events.version().exists()) {
            throw Refusal.unknownAccount(id);
        }
        return events;
    }

    /**
     * An account as it stands.
     *
     * @throws Refusal if there is no such account
     */
    Statement statement(StreamId id) {
        EventStreamReader<BankEvent> events = events(id, StreamVersion.NONE);
        return Statement.of(id, events.fold(Accounts.NONE, Accounts::apply), events.version());
    }

    /** Accounts in the order of their ids. */
    List<Statement> statements(StreamIdPage page) {
        return statements(store.streamIds(ACCOUNTS, page));
    }

    /**
     * These accounts as they stand at one moment.
     *
     * @throws Refusal if there is none of such an id
     */
    List<Statement> statements(List<StreamId> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        Map<StreamId, StreamVersion> fromTheBeginning = new LinkedHashMap<>();
        ids.forEach(id -> fromTheBeginning.put(id, StreamVersion.NONE));
        EventStreamReader<BankEvent> events = store.readStreams(fromTheBeginning, BankEvent.class);
        Accounts accounts = events.fold(Accounts.NONE, Accounts::apply);
        return ids.stream()
                .map(id -> Statement.of(id, accounts, events.version(id)))
                .toList();
    }

    /** An account, and how many events made it. */
    record Statement(StreamId id, String owner, long balanceCents, StreamVersion version) {
        private static Statement of(StreamId id, Accounts accounts, StreamVersion version) {
            Account account = accounts.account(id);
            return new Statement(id, account.owner(), account.balanceCents(), version);
        }
    }
}
