package io.eventcore.jdbc;

import org.junit.jupiter.api.Tag;

@Tag("faults")
class H2RollingUpgradeTest extends RollingUpgradeContract {
    @Override
    TestDatabase database() {
        return H2Database.INSTANCE;
    }
}
