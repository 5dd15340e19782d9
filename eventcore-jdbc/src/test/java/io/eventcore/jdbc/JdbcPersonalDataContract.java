package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.PersonalDataContract;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
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

    @EventType("contract.known")
    record Known(
            String person, @PersonalData(subject = "person") String name) implements Event {}

    private EventStore persons() {
        PersonalDataProtection protection = PersonalDataProtection.of(newKeyStore());
        return newStore(new JacksonEventSerializer(
                EventTypes.of(Known.class), EventJson.builder().build(), protection));
    }

    private void change(String assignments) {
        JdbcClient.create(database.ownersDataSource())
                .sql("UPDATE " + tables + "subject_key SET " + assignments)
                .update();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "master_key = NULL, wrapped_key = NULL",
                "wrapped_key = NULL",
                "master_key = NULL",
                "erased_at = CURRENT_TIMESTAMP",
                "erased_at = CURRENT_TIMESTAMP, master_key = NULL",
                "erased_at = CURRENT_TIMESTAMP, wrapped_key = NULL",
                "wrapped_key = 'not by us'",
                "wrapped_key = ''",
                "subject = 'x'",
            })
    void a_row_that_contradicts_itself_is_told_and_never_a_placeholder(String assignments) {
        StreamId stream = StreamId.of("person-1");
        Known known = new Known("ada", "Ada");
        persons().appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), known));

        change(assignments);

        EventStore store = persons();
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> store.readStream(stream, Known.class).stream().toList())
                .havingCause()
                .isInstanceOfSatisfying(
                        PersonalDataException.class,
                        e -> assertThat(e.reason()).isEqualTo(PersonalDataException.Reason.KEY_CHANGED));
        if (!assignments.startsWith("subject")) {
            assertThatExceptionOfType(PersonalDataException.class)
                    .isThrownBy(() -> store.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), known)));
            PersonalDataProtection protection = PersonalDataProtection.of(newKeyStore());
            PersonalDataEraser.of(store, protection).erase("ada");
            assertThat(persons().readStream(stream, Known.class).stream())
                    .extracting(read -> read.event().name())
                    .containsExactly("[erased]");
            assertThat(JdbcClient.create(database.ownersDataSource())
                            .sql("SELECT wrapped_key FROM " + tables + "subject_key WHERE wrapped_key IS NOT NULL")
                            .query()
                            .listOfRows())
                    .isEmpty();
        }
    }

    private JdbcDatabase jdbc() {
        return TestDatabase.jdbc(database.dataSource(), tables);
    }

    @Override
    protected PlatformTransactionManager transactionManager() {
        return database.timedTransactionManager();
    }
}
