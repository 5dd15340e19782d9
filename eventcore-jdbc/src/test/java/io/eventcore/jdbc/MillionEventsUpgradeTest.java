package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

/** The same with a million events. */
@Tag("faults")
class MillionEventsUpgradeTest extends RollingUpgradeContract {
    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Override
    int oldEvents() {
        return 1_000_000;
    }
}
