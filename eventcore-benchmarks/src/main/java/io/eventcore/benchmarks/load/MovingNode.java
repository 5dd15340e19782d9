package io.eventcore.benchmarks.load;

import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.StoredLog;
import java.nio.file.Path;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** A process with little memory that exports or imports. */
final class MovingNode {
    private MovingNode() {}

    /** Arguments: the URL of the database, the prefix of the tables, {@code export} or {@code restore}, the file. */
    public static void main(String[] arguments) {
        SingleConnectionDataSource connection = new SingleConnectionDataSource(arguments[0], true);
        StoredLog log = JdbcDatabase.builder(connection)
                .tablePrefix(arguments[1])
                .acceptUnfinishedImport()
                .build()
                .storedLog();
        Path file = Path.of(arguments[3]);
        if (arguments[2].equals("export")) {
            EventExport.from(log).toFile(file);
        } else {
            EventImport.into(log).restore(file);
        }
        connection.destroy();
    }
}
