package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Stream;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One instance of an application in a process of its own: for each line on its input, it executes a command under the id
 * that the line names, and says how it ended. It ends when its input ends.
 */
final class CommandNode {
    static final String READY = "READY";
    static final StreamId ACCOUNT = StreamId.of("account-ada");

    private CommandNode() {}

    /** Arguments: URL, user and password of the database, prefix of the tables. */
    public static void main(String[] args) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setMaximumPoolSize(4);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            EventStore events =
                    TestDatabase.jdbc(pool, args[3]).eventStore(new JacksonEventSerializer(LedgerEvent.types()));
            CommandExecutor executor = CommandExecutor.builder(events)
                    .executedCommands(TestDatabase.jdbc(pool, args[3]).executedCommands())
                    .build();
            say(READY);
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String id = input.readLine(); id != null; id = input.readLine()) {
                ExecutionResult result = executor.execute(
                        id.startsWith("nothing") ? new DepositNothing(ACCOUNT) : new Deposit(ACCOUNT, 5),
                        CommandContext.empty().withCommandId(CommandId.of("two-processes", id)));
                say("%s: %s, %s".formatted(id, result.slice(), result.versions()));
            }
        }
    }

    private static void say(String word) {
        System.out.println(word);
        System.out.flush();
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, cents));
        }
    }

    private record DepositNothing(@Stream StreamId account) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of();
        }
    }
}
