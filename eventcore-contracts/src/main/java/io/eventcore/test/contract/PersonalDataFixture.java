package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about personal data: two instances of an application over the same events and keys. */
abstract class PersonalDataFixture {
    static final StreamId STREAM = StreamId.of("customer-7");
    static final String ADA = "ada";
    static final String BOB = "bob";
    static final String ERASED = "[erased]";
    static final Duration FOR_LONG = Duration.ofHours(1);
    static final Duration SHORTLY = Duration.ofMillis(200);

    Instance here;
    Instance elsewhere;
    TransactionTemplate transaction;

    /** The contract that makes what the rows test. */
    abstract PersonalDataContract contract();

    /** The events of this contract. */
    @EventType("contract.met")
    public record Met(
            StreamId streamId,
            String first,
            @PersonalData(subject = "first") String firstName,
            String second,
            @PersonalData(subject = "second") String secondName)
            implements Event {}

    /** An instance of the application. */
    static final class Instance {
        final SubjectKeyStore keys;
        final PersonalDataProtection protection;
        final EventStore store;
        final PersonalDataEraser eraser;

        Instance(PersonalDataContract contract, Duration keysLiveFor) {
            this(contract, contract.newKeyStore(), keysLiveFor);
        }

        Instance(PersonalDataContract contract, SubjectKeyStore keys, Duration keysLiveFor) {
            this(contract, keys, keysLiveFor, EventTypes.of(Met.class));
        }

        Instance(PersonalDataContract contract, SubjectKeyStore keys, Duration keysLiveFor, EventTypes types) {
            this.keys = keys;
            this.protection = PersonalDataProtection.builder(keys)
                    .keysLiveFor(keysLiveFor)
                    .build();
            this.store = contract.newStore(
                    new JacksonEventSerializer(types, EventJson.builder().build(), protection));
            this.eraser = PersonalDataEraser.of(store, protection);
        }

        void append(Event event) {
            store.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }

        List<Met> read() {
            return store.readStream(STREAM, Met.class).stream()
                    .map(RecordedEvent::event)
                    .toList();
        }
    }

    @BeforeEach
    void beginWithTwoInstances() {
        here = new Instance(contract(), FOR_LONG);
        elsewhere = new Instance(contract(), SHORTLY);
        PlatformTransactionManager manager = contract().transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
    }

    static Met met() {
        return new Met(STREAM, ADA, "Ada Lovelace", BOB, "Bob Taylor");
    }

    static List<Event> undecoded(Instance instance, Class<? extends Event> type) {
        return instance
                .store
                .internals()
                .readStored(EventFilter.all().ofTypes(type), EventPage.first(100))
                .events()
                .stream()
                .flatMap(stored -> stored.decode(Event.class).stream())
                .<Event>map(RecordedEvent::event)
                .toList();
    }

    /** A transaction that sees what was committed when it began to read, if the engine supports that. */
    TransactionTemplate snapshot() {
        TransactionTemplate snapshot =
                new TransactionTemplate(Objects.requireNonNull(transaction.getTransactionManager()));
        snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        return snapshot;
    }
}
