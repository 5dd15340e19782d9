package io.eventcore.test.contract;

import io.eventcore.EventStore;
import org.junit.jupiter.api.Nested;

/**
 * What an {@link EventStore} promises about appending to streams and reading them.
 *
 * <p>The rows are grouped by theme, one class for each, and run as nested tests of this class.
 *
 * @since 0.1
 */
public abstract class EventStoreContract {
    /** For subclasses. */
    protected EventStoreContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and has the default limits, fresh for each test. */
    protected abstract EventStore emptyStore();

    @Nested
    class Appended_events extends AppendedEventsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Expected_versions extends ExpectedVersionsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Racing_appends extends RacingAppendsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Repeated_appends extends RepeatedAppendsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Reading_streams extends StreamReadsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Texts extends StoredTextsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }

    @Nested
    class Refused_events extends RefusedEventsContract {
        @Override
        EventStoreContract contract() {
            return EventStoreContract.this;
        }
    }
}
