package io.eventcore.jdbc;

import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.EventImport;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferProgress;
import io.eventcore.transfer.TransferResult;
import java.nio.file.Path;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A process that moves events and says how far it has come. */
final class ImportNode {
    private ImportNode() {}

    /** Arguments: URL, user and password of the database, prefix of the tables, what to do, the file. */
    public static void main(String[] args) {
        StoredLog log = JdbcDatabase.builder(new DriverManagerDataSource(args[0], args[1], args[2]))
                .tablePrefix(args[3])
                .acceptUnfinishedImport()
                .build()
                .storedLog();
        Path file = Path.of(args[5]);
        TransferResult result = switch (args[4]) {
            case "restore" -> EventImport.into(log).restore(file, ImportNode::say);
            case "append" -> EventImport.into(log).append(file, ImportNode::say);
            default -> EventExport.from(log).toFile(file, ImportNode::say);
        };
        System.out.println("DONE " + result.events() + " " + result.written());
    }

    private static void say(TransferProgress progress) {
        System.out.println(progress.step() + " " + progress.events());
    }
}
