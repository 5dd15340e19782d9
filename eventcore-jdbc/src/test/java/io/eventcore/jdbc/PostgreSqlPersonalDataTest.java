package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.PersonalDataContract;
import org.springframework.transaction.PlatformTransactionManager;

class PostgreSqlPersonalDataTest extends PersonalDataContract {
    private final String tables = PostgreSqlDatabase.INSTANCE.newTables();

    @Override
    protected EventStore newStore(EventSerializer serializer) {
        return database().eventStore(serializer);
    }

    @Override
    protected SubjectKeyStore newKeyStore() {
        return database().subjectKeyStore(MasterKeys.of("test", new byte[32]));
    }

    private JdbcDatabase database() {
        return TestDatabase.jdbc(PostgreSqlDatabase.INSTANCE.dataSource(), tables);
    }

    @Override
    protected SnapshotStore newSnapshotStore() {
        return database().snapshotStore();
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return PostgreSqlDatabase.INSTANCE.timedTransactionManager();
    }
}
