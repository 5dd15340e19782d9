package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * What an {@link EventStore} promises about tags: queries find events by them, and a decision that rests on what a
 * query found is stored only if no matching event has come since.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class TagContract {
    /** For subclasses. */
    protected TagContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and has the default limits, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; called after that method. */
    protected abstract PlatformTransactionManager transactionManager();

    /**
     * A second store over the same events, as another process would have it, perhaps with other settings; by default
     * the same store.
     */
    protected EventStore anotherStore(EventStore first) {
        return first;
    }

    @Nested
    class Reading_by_tags extends TaggedReadsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Pages_by_tags extends TaggedPagesContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Resting_on_a_boundary extends BoundariesContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Boundaries_in_transactions extends BoundaryTransactionsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Racing_decisions extends RacingDecisionsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Commands_on_tags extends TaggedCommandsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Snapshots_of_decisions_on_tags extends TaggedSnapshotsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Serial_decisions extends SerialDecisionsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }

    @Nested
    class Deciding_together_on_hot_tags extends HotTagsContract {
        @Override
        TagContract contract() {
            return TagContract.this;
        }
    }
}
