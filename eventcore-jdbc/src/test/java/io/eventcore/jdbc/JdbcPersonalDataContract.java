package io.eventcore.jdbc;

import io.eventcore.EventStore;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.PersonalDataContract;
import org.springframework.transaction.PlatformTransactionManager;

/** The contract of personal data, on one database. */
abstract class JdbcPersonalDataContract extends PersonalDataContract {
    private final TestDatabase database;
    private final String tables;

    JdbcPersonalDataContract(TestDatabase database) {
        this.database = database;
        this.tables = database.newTables();
    }

    @Override
    protected EventStore newStore(EventSerializer serializer) {
        return jdbc().eventStore(serializer);
    }

    @Override
    protected SubjectKeyStore newKeyStore() {
        return jdbc().subjectKeyStore(MasterKeys.of("test", new byte[32]));
    }

    @Override
    protected SnapshotStore newSnapshotStore() {
        return jdbc().snapshotStore();
    }

    private JdbcDatabase jdbc() {
        return TestDatabase.jdbc(database.dataSource(), tables);
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return database.timedTransactionManager();
    }
}
