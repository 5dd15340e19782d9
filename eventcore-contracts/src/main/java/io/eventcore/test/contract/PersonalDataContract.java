package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What the library promises about personal data: it can be erased from events that never change.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class PersonalDataContract {
    /** For subclasses. */
    protected PersonalDataContract() {}

    /** A store over the same events for every call in a test, as another process has it; empty when the test begins. */
    protected abstract EventStore newStore(EventSerializer serializer);

    /** The keys that belong to {@link #newStore}, as another process has them. */
    protected abstract SubjectKeyStore newKeyStore();

    /** The snapshots for {@link #newStore}. */
    protected abstract SnapshotStore newSnapshotStore();

    /** Manages the transactions that appends join. */
    protected abstract PlatformTransactionManager transactionManager();

    @Nested
    class Erasure extends ErasureContract {
        @Override
        PersonalDataContract contract() {
            return PersonalDataContract.this;
        }
    }

    @Nested
    class Keys extends SubjectKeysContract {
        @Override
        PersonalDataContract contract() {
            return PersonalDataContract.this;
        }
    }

    @Nested
    class Transactions extends ErasureInTransactionsContract {
        @Override
        PersonalDataContract contract() {
            return PersonalDataContract.this;
        }
    }
}
