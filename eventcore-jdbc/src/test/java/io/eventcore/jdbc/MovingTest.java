package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.TransferResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From one database to another, as the guide shows it. */
class MovingTest {
    @TempDir
    Path folder;

    @Test
    void from_an_h2_to_a_postgresql() {
        String prefix = H2Database.INSTANCE.newTables();
        JdbcDatabase h2 = TestDatabase.jdbc(H2Database.INSTANCE.ownersDataSource(), prefix);
        EventExport.from(new GivenEvents(TransferContract.hostile())).toFile(folder.resolve("given.jsonl"));
        EventImport.into(h2.storedLog()).restore(folder.resolve("given.jsonl"));
        String tables = PostgreSqlDatabase.INSTANCE.newTables();
        DataSource owner = PostgreSqlDatabase.INSTANCE.ownersDataSource();
        List<String> told = new ArrayList<>();
        Path file = folder.resolve("events.jsonl.gz");

        // tag::export
        TransferResult exported = EventExport.from(h2.storedLog()).toFile(file);
        // end::export

        // tag::restore
        JdbcDatabase postgreSql = JdbcDatabase.builder(owner)
                .tablePrefix(tables)
                .acceptUnfinishedImport() // so that an import that was interrupted can be repeated
                .build();
        TransferResult restored = EventImport.into(postgreSql.storedLog())
                .restore(file, progress -> told.add(progress.toString())); // IMPORT: 60 events, position ...
        // end::restore

        // tag::append
        TransferResult appended = EventImport.into(postgreSql.storedLog()).append(file);
        // end::append

        assertThat(restored.written()).isEqualTo(60);
        assertThat(appended.written()).isZero();
        assertThat(told).anyMatch(line -> line.matches("IMPORT: 60 events, position 97 of 97, \\d+ events/s"));
        TransferResult again = EventExport.from(postgreSql.storedLog()).toFile(folder.resolve("again.jsonl.gz"));
        assertThat(again.sha256()).isEqualTo(exported.sha256());
        assertThat(folder.resolve("again.jsonl.gz")).hasSameBinaryContentAs(file);
    }
}
